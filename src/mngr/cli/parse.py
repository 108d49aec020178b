"""Turns a command line into arguments, as GNU programs do, by what a command says that it takes."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.model.errors import UsageError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MASK = "***"


@value
class Parsed:
    """What a command line says. `masked` is the line without `secrets`; with `help` nothing was checked further."""

    arguments: dict[str, Any]
    common: dict[str, Any]
    given: frozenset[str]
    masked: list[str]
    secrets: list[str]
    help: bool = False


def parse(command: Command, words: list[str], common: tuple[Option, ...] = ()) -> Parsed:
    """Parse the words after a command's name. Raises UsageError."""
    reader = _Reader(command, words, common)
    reader.read()
    asks_help = bool(reader.values.get("help"))
    arguments = {option.key: _absent(option) for option in command.options}
    arguments.update({argument.key: [] if argument.many else None for argument in command.arguments})
    if command.rest:
        arguments[command.rest] = reader.rest
    assigned = {} if asks_help else _assign(command, reader.positionals)
    arguments.update(assigned)
    arguments.update({key: given for key, given in reader.values.items() if key in arguments})
    shared = {key: given for key, given in reader.values.items() if key not in arguments}
    return Parsed(arguments, shared, frozenset((*reader.values, *assigned)), reader.masked, reader.secrets, asks_help)


def convert(option: Option, text: str, name: str) -> Any:
    """Turn an option's text into its value. `name` is what error messages call the option. Raises UsageError."""
    if option.kind == "int":
        if text.isascii() and text.isdigit() and len(text) <= 15:
            return int(text)
        raise UsageError(f"{name} must be a whole number, not {_shown(option, text)}", hint=f"try: {name} 10")
    if option.kind == "pair":
        key, equals, rest = text.partition("=")
        if key and equals:
            return key, rest
        raise UsageError(
            f"{name} must be {option.metavar}, not {_shown(option, text)}", hint=f"write: {name} KEY=VALUE"
        )
    if option.kind == "choice":
        return check_choice(text, option.choices, name)
    if option.kind == "duration":
        from mngr.model.times import parse_duration

        try:
            return parse_duration(text)
        except UsageError as error:
            raise UsageError(f"{name}: {error.message}", error.hint) from None
    return text


def check_choice(text: str, choices: tuple[str, ...], name: str) -> str:
    """Return text if it is one of the choices. Raises UsageError that names the nearest ones."""
    if text in choices:
        return text
    from mngr.model.names import nearest, shown

    near = nearest(text, choices)
    hint = f"did you mean {' or '.join(near)}?" if near else f"one of: {', '.join(choices)}"
    raise UsageError(f"{name} cannot be {shown(text)}", hint=hint)


def usage(command: Command) -> str:
    """Return how a command is written, on one line."""
    words = ["mngr", command.name]
    for argument in command.arguments:
        words.append(argument.form if argument.required or argument.written else f"[{argument.form}]")
    if command.options:
        words.insert(2 if command.stops_at_first else len(words), "[options]")
    if command.rest:
        words.append(f"[-- {command.rest.upper()}...]")
    return " ".join(words)


def title(command: Command) -> str:
    """Return what messages call a command: `mngr NAME`."""
    return f"mngr {command.name}".rstrip()


class _Reader:
    """Reads words from left to right, and keeps what it saw."""

    def __init__(self, command: Command, words: list[str], common: tuple[Option, ...]) -> None:
        self.command = command
        self.waiting = words[::-1]  # the next word is the last one
        self.values: dict[str, Any] = {}
        self.positionals: list[str] = []
        self.rest: list[str] = []
        self.masked: list[str] = []
        self.secrets: list[str] = []
        self.by_name: dict[str, tuple[Option, bool]] = {}
        for option in (*common, *command.options):
            self.by_name.update(dict.fromkeys(option.names, (option, True)))
            if option.negatable:
                self.by_name.update({f"--no-{name[2:]}": (option, False) for name in option.names if name[:2] == "--"})

    def read(self) -> None:
        """Read all words, or up to a request for help."""
        fixed = sum(not argument.many for argument in self.command.arguments)
        while self.waiting and not self.values.get("help"):
            word = self.waiting.pop()
            self.masked.append(word)
            if word == "--":
                return self._take_all(self.rest if self.command.rest else self.positionals)
            if word.startswith("--"):
                self._long(word)
            elif word.startswith("-") and word != "-":
                self._short(word)
            else:
                self.positionals.append(word)
                if self.command.stops_at_first and len(self.positionals) > fixed:
                    return self._take_all(self.positionals)
        return None

    def _take_all(self, into: list[str]) -> None:
        self.masked.extend(reversed(self.waiting))
        into.extend(reversed(self.waiting))
        self.waiting.clear()

    def _long(self, word: str) -> None:
        name, equals, text = word.partition("=")
        option, wanted = self._find(name)
        if option.metavar:
            self._set(option, name, text if equals else self._next(option, name), attached=name + equals)
        elif equals:
            raise UsageError(f"{name} takes no value", hint=f"write {name} alone")
        else:
            self.values[option.key] = wanted

    def _short(self, word: str) -> None:
        for place, letter in enumerate(word[1:], 1):
            name = f"-{letter}"
            option, _ = self._find(name, word)
            if not option.metavar:
                self.values[option.key] = True
                continue
            text = word[place + 1 :]
            self._set(option, name, text or self._next(option, name), attached=word[: place + 1] if text else "")
            return

    def _find(self, name: str, word: str = "") -> tuple[Option, bool]:
        if name in self.by_name:
            return self.by_name[name]
        raise _unknown_option(self.command, name if name[:2] == "--" else word or name, tuple(self.by_name))

    def _next(self, option: Option, name: str) -> str:
        if not self.waiting:
            raise UsageError(f"{name} needs a value", hint=f"write: {name} {option.metavar}")
        self.masked.append(self.waiting[-1])
        return self.waiting.pop()

    def _set(self, option: Option, name: str, text: str, attached: str) -> None:
        if option.secret:
            in_same_word = attached if self.masked[-1] == attached + text else ""
            self.masked[-1] = in_same_word + masked_value(option, text)
            self.secrets.append(text.partition("=")[2] if option.kind == "pair" else text)
        given = convert(option, text, name)
        if option.many:
            self.values.setdefault(option.key, []).append(given)
        else:
            self.values[option.key] = given


def masked_value(option: Option, text: str) -> str:
    """Return an option's text fit for a log."""
    key, equals, _ = text.partition("=")
    return f"{key}={MASK}" if option.kind == "pair" and equals else MASK


def _absent(option: Option) -> Any:
    if option.many:
        return []
    return None if option.metavar or option.negatable else False


def _shown(option: Option, text: str) -> str:
    from mngr.model.names import shown

    return "what was given" if option.secret else shown(text)


def _assign(command: Command, words: list[str]) -> dict[str, Any]:
    """Give positional words to arguments: those before a `many` take the first words, those after it the last."""
    names = command.arguments
    middle = next((place for place, argument in enumerate(names) if argument.many), len(names))
    first, last = names[:middle], names[middle + 1 :]
    needed = sum(argument.required for argument in last)
    found: dict[str, Any] = dict(zip((argument.key for argument in first), words, strict=False))
    left = words[len(first) :]
    if middle < len(names):
        spare = len(left) - needed - 1
        tail = [argument for argument in last if argument.required or (spare := spare - 1) >= 0]
        cut = max(len(left) - len(tail), 0)
        found.update(zip((argument.key for argument in tail), left[cut:], strict=False))
        found[names[middle].key] = left[:cut]
    elif left:
        from mngr.model.names import shown

        raise UsageError(f"{title(command)} does not take {shown(left[0])}", hint=f"usage: {usage(command)}")
    _check_assigned(command, found)
    return found


def _check_assigned(command: Command, found: dict[str, Any]) -> None:
    for argument in command.arguments:
        given = found.get(argument.key)
        if argument.required and (given is None or given == []):
            raise UsageError(f"{title(command)} needs {_article(argument)}", hint=f"usage: {usage(command)}")
        if argument.choices and given is not None:
            for text in given if argument.many else [given]:
                check_choice(text, argument.choices, argument.name)


def _article(argument: Argument) -> str:
    return ("an " if argument.name[0] in "AEIOU" else "a ") + argument.name


def _unknown_option(command: Command, name: str, known: tuple[str, ...]) -> UsageError:
    from mngr.model.names import nearest, shown

    near = nearest(name, [word for word in known if word[:2] == "--"]) if name[:2] == "--" else []
    hint = f"did you mean {' or '.join(near[:2])}?" if near else command.stray
    hint = command.habits.get(name) or hint or f"see: mngr help {command.name}".rstrip()
    return UsageError(f"{title(command)} has no option {shown(name)}", hint=hint)
