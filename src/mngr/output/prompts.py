"""Questions to the user: asked on a terminal only, on standard error, so that results stay alone on stdout."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.output.style import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mngr.output.console import Console


def can_ask(console: Console) -> bool:
    """Tell whether there is somebody to ask: a terminal on both sides, and not MNGR_HEADLESS."""
    return console.in_is_terminal and console.err_is_terminal and not console.environ.get("MNGR_HEADLESS")


def confirm(console: Console, question: str, flag: str = "--yes") -> bool:
    """Ask a question whose answer is no unless it is yes. Raises UsageError where nobody can be asked."""
    if console.options.yes:
        return True
    if not can_ask(console):
        raise UsageError(f"this needs a yes, and there is no terminal to ask on: {question}", hint=f"add {flag}")
    return ask(console, f"{question} [y/N] ").strip().lower() in ("y", "yes")


def choose(console: Console, question: str, choices: Sequence[str], flag: str) -> int:
    """Let the user pick one of several, by number or by its beginning; return its place. Raises UsageError."""
    if not can_ask(console):
        raise UsageError("there is no terminal to choose on", hint=flag)
    for number, choice in enumerate(choices, 1):
        console.stderr.write(f"{number:>3}  {clean(choice)}\n")
    while True:
        answer = ask(console, f"{question} [1-{len(choices)}] ").strip()
        if not answer:
            raise UsageError("nothing was chosen", hint=flag)
        if answer.isascii() and answer.isdigit() and len(answer) < 7 and 1 <= int(answer) <= len(choices):
            return int(answer) - 1
        said = [choice.casefold() for choice in choices]
        begin = [place for place, choice in enumerate(said) if choice.startswith(answer.casefold())]
        begin = [place for place in begin if said[place] == answer.casefold()] or begin
        if len(begin) == 1:
            return begin[0]
        console.stderr.write("one of these, by its number or its beginning; nothing ends it\n")


def ask(console: Console, question: str) -> str:
    """Print a question and return the answer, empty at the end of input."""
    console.stdout.flush()
    console.stderr.write(clean(question))
    console.stderr.flush()
    answer = console.stdin.readline()
    if not answer:
        console.stderr.write("\n")
    return answer
