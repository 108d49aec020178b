"""What can come next on a command line; asked by the shells, so it imports next to nothing."""

from __future__ import annotations

import os

from mngr.cli.commands import ALIASES, SUMMARIES, TOPICS
from mngr.config.paths import HostPaths, UserPaths, host_dir, prefix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mngr.cli.spec import Argument, Command, Option

    Candidates = Iterable[tuple[str, str]]  # word, what it is

# Told to the shell's script instead of candidates: complete names of files or folders itself.
FILES, FOLDERS = ":files", ":folders"

STATES = ("starting", "running", "waiting", "blocked", "done", "failed", "stopped", "unknown")
MOST = 10_000_000  # characters of a file that are read
FORMATS = ("human", "json", "jsonl")


def complete(words: list[str]) -> int:
    """Print what the last word can become, a line each: the word, and what it is after a tab."""
    word = words[-1] if words else ""
    lines = [
        f"{text}\t{meaning}".rstrip("\t")
        for text, meaning in candidates(words[:-1], word)
        if text.startswith((word, ":"))
    ]
    text = "".join(f"{line}\n" for line in lines)
    try:
        os.write(1, text.encode("utf-8", "surrogateescape"))
    except OSError:
        return 1
    return 0


def candidates(before: list[str], word: str) -> Candidates:
    """Return what can stand at the place of a word, given those before it (without `mngr`)."""
    place, command = _command(before)
    if command is not None:
        return _in_command(command, before[place + 1 :], word)
    return [] if place < len(before) else _in_command(None, before, word)


def _in_command(command: Command | None, before: list[str], word: str) -> Candidates:
    options = _by_name(command)
    positionals, pending, only_positionals = 0, None, False
    for earlier in before:
        if pending is not None:
            pending = None
        elif only_positionals or not earlier.startswith("-") or earlier == "-":
            positionals += 1
        elif earlier == "--":
            only_positionals = True
        else:
            pending = _wants_value(options, earlier)
    if pending is not None:
        return _values(pending, word, "")
    if word.startswith("--") and "=" in word and not only_positionals:
        name, _, _ = word.partition("=")
        return _values(options[name], word.partition("=")[2], f"{name}=") if name in options else []
    if word.startswith("-") and not only_positionals:
        return _option_names(word, command)
    return _positional(command, positionals, word) if command else _command_names()


def _command(before: list[str]) -> tuple[int, Command | None]:
    """Return the place of the command among the words, and the command, if it is one."""
    from mngr.cli.options import COMMON

    valued = {name for option in COMMON if option.metavar for name in option.names}
    place = 0
    while place < len(before) and before[place].startswith("-"):
        place += 2 if before[place] in valued else 1
    name = ALIASES.get(before[place], before[place]) if place < len(before) else ""
    if name not in SUMMARIES:
        return place, None
    try:
        return place, __import__(f"mngr.cli.{name}", fromlist=["COMMAND"]).COMMAND
    except ImportError:
        return place, None


def _by_name(command: Command | None) -> dict[str, Option]:
    from mngr.cli.options import COMMON

    return {name: option for option in (*COMMON, *(command.options if command else ())) for name in option.names}


def _wants_value(options: dict[str, Option], word: str) -> Option | None:
    """Return the option that takes its value from the next word."""
    if word.startswith("--"):
        option = options.get(word)
        return option if option and option.metavar else None
    for place, letter in enumerate(word[1:], 1):
        option = options.get(f"-{letter}")
        if option and option.metavar:
            return option if place == len(word) - 1 else None
    return None


def _option_names(word: str, command: Command | None) -> Candidates:
    options = _by_name(command)
    found: list[tuple[str, str]] = []
    for name, option in options.items():
        if name.startswith("--") or word == "-":
            found.append((name, option.help))
        if option.negatable and name.startswith("--"):
            found.append((f"--no-{name[2:]}", option.help))
    return sorted(found, key=lambda pair: (not pair[0].startswith("--"), pair[0]))


def _command_names() -> Candidates:
    return SUMMARIES.items()


def _positional(command: Command, place: int, word: str) -> Candidates:
    arguments = command.arguments
    if not arguments:
        return []
    many = next((number for number, argument in enumerate(arguments) if argument.many), None)
    if many is not None and place >= many:
        argument = arguments[many]
    elif place < len(arguments):
        argument = arguments[place]
    else:
        return []
    return _values(argument, word, "")


def _values(what: Option | Argument, word: str, prefix: str) -> Candidates:
    found = [(text, "") for text in what.choices] if what.choices else _of_kind(what.complete or "", word)
    return [(text if text.startswith(":") else prefix + text, meaning) for text, meaning in found]


def _of_kind(kind: str, word: str) -> Candidates:
    fixed = {"state": STATES, "format": FORMATS, "provider": ("local", "ssh", "docker")}
    if kind in fixed:
        return [(text, "") for text in fixed[kind]]
    return _KINDS[kind](word) if kind in _KINDS else []


def _types(_: str) -> Candidates:
    from mngr.plugins.registry import BUILT_IN

    return [(text, "") for text in sorted({*BUILT_IN["agent_types"], *_sections("agent_types")})]


def _templates(_: str) -> Candidates:
    return [(text, "") for text in sorted(_sections("templates"))]


def _settings(_: str) -> Candidates:
    from mngr.config.schema import SETTINGS

    return [(setting.key, "") for setting in SETTINGS if "*" not in setting.key]


def _fields(word: str) -> Candidates:
    from mngr.fleet.report import FIELDS

    before = word[: word.rfind(",") + 1]
    return [(before + field, "") for field in FIELDS]


def _agents(word: str) -> Candidates:
    """Return the agents of all hosts, as they were last seen; a name that several have as full addresses."""
    if "@" in word:
        return _at_hosts(word) if word[0] != "@" else []
    where = {name: ["local"] for name in _listed(HostPaths(host_dir()).names) if not name.startswith(".")}
    for name, address in _seen_elsewhere():
        if address not in where.setdefault(name, []):
            where[name].append(address)
    found: list[tuple[str, str]] = []
    for name, hosts in sorted(where.items()):
        if len(hosts) > 1:
            found += [(f"{name}@{host}", "agent") for host in hosts]
        else:
            found.append((name, "agent" if hosts == ["local"] else f"agent on {hosts[0]}"))
    return found


def _seen_elsewhere() -> Candidates:
    """Yield the name and host of each agent that other hosts were last seen to have."""
    cache = UserPaths(host_dir()).cache
    for folder in (f"{cache}/hosts", f"{cache}/new"):
        for host, provider in [(host, each) for each in _listed(folder) for host in _listed(f"{folder}/{each}")]:
            import json

            for line in _lines(f"{folder}/{provider}/{host}")[2::2]:
                try:
                    name = json.loads(line)["name"]
                except (ValueError, KeyError, TypeError):
                    continue
                if isinstance(name, str) and f"{name}{host}{provider}".isprintable():
                    yield name, f"{host}.{provider}"


def _at_hosts(word: str) -> Candidates:
    return [(f"{word.partition('@')[0]}@{host}", "host") for host in _hosts()]


def _targets(word: str) -> Candidates:
    """Return what commands take that are for agents as well as for hosts."""
    return _at_hosts(word) if "@" in word else [*_agents(word), *_at_hosts("@")]


def _hosts() -> list[str]:
    """Return the hosts that are known on this machine, without asking anybody."""
    user, mark = UserPaths(host_dir()), prefix()
    found = ["local"]
    for provider in _listed(user.ssh_hosts):
        found += [f"{name}.{provider}" for name in _listed(f"{user.ssh_hosts}/{provider}")]
    for provider in _listed(user.containers):
        for host_id in _listed(f"{user.containers}/{provider}"):
            lines = _lines(f"{user.containers}/{provider}/{host_id}/known")
            if len(lines) > 3 and lines[1] == mark:
                found.append(f"{lines[3].removeprefix(mark)}.{provider}")
    return [name for name in found if name.isprintable()]


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(MOST).split("\n")
    except OSError:
        return []


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _destroyed(_: str) -> Candidates:
    import json

    folder = HostPaths(host_dir()).destroyed
    names: set[str] = set()
    try:
        for agent_id in os.listdir(folder):
            try:
                with open(f"{folder}/{agent_id}/record.json", "rb") as file:
                    names.add(str(json.loads(file.read())["name"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue
    except OSError:
        return []
    return [(name, "destroyed agent") for name in sorted(names) if name.isprintable()]


def _branches(word: str) -> Candidates:
    from mngr.model.errors import UserError
    from mngr.transports.run import run

    if ":" in word:
        return []
    try:
        found = run(["git", "for-each-ref", "--format=%(refname:short)", "refs/heads"], timeout_seconds=2, check=False)
    except UserError:
        return []
    return [(name, "branch") for name in found.text.splitlines()]


def _config_verbs(_: str) -> Candidates:
    from mngr.cli.config import VERBS

    return [(verb, "") for verb in VERBS]


def _sections(section: str) -> set[str]:
    """Return the names in headings such as `[templates.NAME]` of the configuration files, without reading TOML."""
    found: set[str] = set()
    for path in _config_files():
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read(1 << 20).splitlines()
        except OSError:
            continue
        for line in lines:
            name = line.strip().removeprefix(f"[{section}.").partition("]")[0].partition(".")[0].strip("\"' ")
            if line.strip().startswith(f"[{section}.") and name.isprintable():
                found.add(name)
    return found


def _config_files() -> Iterable[str]:
    yield UserPaths(host_dir()).config
    folder = os.getcwd()
    while True:
        if os.path.isdir(f"{folder}/.mngr") or os.path.exists(f"{folder}/.git"):
            yield f"{folder}/.mngr/config.toml"
            yield f"{folder}/.mngr/config.local.toml"
            return
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


_KINDS: dict[str, Callable[[str], Candidates]] = {
    "agent": _agents,
    "target": _targets,
    "at-host": lambda _: _at_hosts("@"),
    "new": lambda word: _at_hosts(word) if "@" in word else [],
    "host": lambda _: [(name, "") for name in _hosts()],
    "source": lambda word: [*_agents(word), (FOLDERS, "")],
    "type": _types,
    "template": _templates,
    "setting": _settings,
    "destroyed": _destroyed,
    "branch": _branches,
    "config-verb": _config_verbs,
    "field": _fields,
    "command": lambda _: _command_names(),
    "help": lambda _: {**TOPICS, **SUMMARIES}.items(),
    "variable": lambda _: [(name, "") for name in sorted(os.environ)],
    "file": lambda _: [(FILES, "")],
    "folder": lambda _: [(FOLDERS, "")],
}
