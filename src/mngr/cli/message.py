"""mngr message."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.cli.targets import OUTCOME, TARGET_OPTIONS, certain, has_filter, targets, tell_each
from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """Say something to agents."""
    from mngr.actions.message import fit_to_type, message
    from mngr.fleet.parallel import for_each

    names, text = _text(world, arguments)
    fit = fit_to_type(text)
    chosen = targets(world, {**arguments, "agents": names})
    if len(names) < len(arguments["words"]):
        certain(chosen, ["mngr", "message", *arguments["words"]], "text")
    if fit.removed:
        world.note(f"{fit.removed} control characters were left out")
    outcomes = list(for_each(chosen, lambda agent: message(agent, fit)))
    return tell_each(
        world,
        outcomes,
        lambda outcome: ({"result": "typed", "removed": fit.removed}, f"typed to {outcome.target.text}"),
    )


def _text(world: World, arguments: Arguments) -> tuple[list[str], str]:
    """Return the agents named and the text: -m, a file, the last word, standard input, or the editor."""
    from mngr.cli.texts import read_text

    words: list[str] = arguments["words"]
    by_filter = arguments["all"] or has_filter(arguments)
    if arguments["message"] is not None and arguments["message_file"] is not None:
        raise UsageError("the message was given twice", hint="use one of -m and --message-file")
    if arguments["message"] is not None:
        return words, arguments["message"]
    if arguments["message_file"] is not None:
        return words, read_text(world, arguments["message_file"])
    if len(words) > (0 if by_filter else 1):
        return words[:-1], words[-1]
    if not words and not by_filter:
        raise UsageError("no agent was named", hint="mngr message NAME 'text'")
    if not world.in_is_terminal:
        return words, read_text(world, "-")
    from mngr.cli.editor import edit_message

    return words, edit_message(world, words)


COMMAND = Command(
    name="message",
    summary="Say something to agents",
    run=run,
    fields=(*OUTCOME, "removed"),
    arguments=(
        Argument(
            "WORDS",
            "agents, and last of all the text, unless it is given otherwise",
            many=True,
            complete="agent",
            written="AGENT... [TEXT]",
        ),
    ),
    options=(
        Option(("--message", "-m"), "the text", "TEXT"),
        Option(("--message-file",), "a file with the text (- is standard input)", "FILE", complete="file"),
        *TARGET_OPTIONS,
    ),
    examples=(
        ("mngr message fix-tests 'run them again'", "type a line into its terminal, and press Enter"),
        ("mngr message a b -m 'good morning'", "to two agents"),
        ("git diff | mngr message review", "from standard input"),
    ),
    stray="quote the text: mngr message NAME 'TEXT'",
    about=(
        "To a command or shell agent the text is typed into its terminal as one paste, followed by Enter. One sender "
        "at a time; nothing is typed when the program is gone, or when its terminal would cut a line (exit code 5). "
        "Control characters and escape sequences are left out, and it says so; one newline at the end goes silently. "
        "Where the last word is the text, nothing is sent when a word before it is no agent."
    ),
)
