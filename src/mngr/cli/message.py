"""mngr message."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.cli.targets import OUTCOME, TARGET_OPTIONS, certain, has_filter, targets, tell_each
from mngr.model.errors import UsageError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.actions.message import Said, Saying, Text
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.parallel import Outcome
    from mngr.fleet.report import Agent


def run(world: World, arguments: Arguments) -> int:
    """Say something to agents."""
    from mngr.actions.message import Said, fit_to_type, message
    from mngr.cli.background import keep_bringing_to
    from mngr.fleet.parallel import for_each

    names, text = _text(world, arguments)
    fit = fit_to_type(text)
    saying = _saying(world, arguments)
    chosen = targets(world, {**arguments, "agents": names})
    if len(names) < len(arguments["words"]):
        certain(chosen, ["mngr", "message", *arguments["words"]], "text")
    if fit.removed:
        world.note(f"{fit.removed} control characters were left out")
    give = _with_answer(arguments["timeout"]) if arguments["wait"] else message
    outcomes = list(for_each(chosen, lambda agent: give(world.fleet, agent, fit, saying)))
    code = tell_each(world, outcomes, lambda outcome: _told(outcome, fit.removed, saying, several=len(outcomes) > 1))
    said = [(outcome.target.agent, outcome.result) for outcome in outcomes if isinstance(outcome.result, Said)]
    keep_bringing_to(world, [agent for agent, result in said if agent is not None and result.waits])
    return code


def _with_answer(timeout_seconds: float | None) -> Callable[..., Said]:
    """Return what gives a message and waits for the answer."""
    import time

    from mngr.actions.message import message
    from mngr.actions.reply import wait_for_reply
    from mngr.fleet.program import conversational
    from mngr.model.conversation import TYPED
    from mngr.model.value import replace

    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds

    def give(fleet: Fleet, agent: Agent, text: Text, saying: Saying) -> Said:
        if conversational(fleet, agent.record) is None:
            raise UserError(f"'{agent.record.name}' has no record of what it answers", hint="leave --wait out")
        said = message(fleet, agent, text, saying)
        if said.verdict.state == TYPED:
            return said
        reply = wait_for_reply(fleet, agent, saying.id, deadline)
        return replace(said, answer=reply.text if reply is not None else None)

    return give


def _saying(world: World, arguments: Arguments) -> Saying:
    from mngr.actions.message import Saying, new_message_id

    if arguments["queue"] and arguments["wait"]:
        raise UsageError("--queue does not wait, --wait does", hint="use one of them")
    if arguments["timeout"] is not None and not arguments["wait"]:
        raise UsageError("--timeout is for --wait", hint="add --wait")
    if arguments["queue"] and arguments["start"]:
        raise UsageError("--queue waits for a start, --start makes it", hint="use one of them")
    given = arguments["id"]
    return Saying(
        new_message_id(given),
        is_named=given is not None,
        sender=world.environ.get("MNGR_AGENT_NAME"),
        queue=arguments["queue"],
        start=arguments["start"],
    )


def _told(outcome: Outcome, removed: int, saying: Saying, *, several: bool) -> tuple[dict[str, Any], str]:
    """Return what is told of a message that was taken, typed or queued."""
    from mngr.output.style import clean

    verdict = outcome.result.verdict
    row: dict[str, Any] = {"result": verdict.state, "removed": removed}
    if outcome.result.noted:
        row["id"] = saying.id
    if verdict.note:
        row["note"] = verdict.note
    if outcome.result.answer is not None:
        answer = clean(outcome.result.answer, keep="\n\t")
        return row | {"answer": outcome.result.answer}, f"{outcome.target.text}: {answer}" if several else answer
    words = {"accepted": "accepted by", "answered": "accepted by", "queued": "queued for"}
    line = f"{words.get(verdict.state, verdict.state + ' to')} {outcome.target.text}"
    return row, f"{line} ({verdict.note})" if verdict.note else line


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
    fields=(*OUTCOME, "id", "removed", "note", "answer"),
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
        Option(("--queue",), "if it cannot be taken now, keep it in the agent's outbox until it can"),
        Option(("--start",), "start the agent first, if it is not running"),
        Option(("--wait", "-w"), "wait for the end of the turn that it begins, and print the answer"),
        Option(("--timeout",), "with --wait: give up after so long, with exit code 124", "DURATION", kind="duration"),
        Option(
            ("--id",),
            "the message's own id: given twice with one id, it is sent once; one that failed is tried again",
            "ID",
        ),
        *TARGET_OPTIONS,
    ),
    examples=(
        ("mngr message fix-tests 'run them again'", "done when the agent's own record shows it"),
        ("mngr message fix-tests --queue 'then the linter'", "delivered in order, when it can be taken"),
        ("mngr message fix-tests --wait 'how many fail?'", "print what it answers"),
        ("mngr message a b -m 'good morning'", "to two agents"),
        ("git diff | mngr message review", "from standard input"),
    ),
    stray="quote the text: mngr message NAME 'TEXT'",
    about=(
        "An agent that is talked to (claude, codex, opencode) has accepted a message when its own record shows it; "
        "while it works, that is at once. It is typed once; when no record shows it, the exit code is 5, and the "
        "line it was typed into is emptied. Nothing is typed while a question is open (exit code 6: see mngr answer), "
        "or while somebody's own words stand in the line (5). A command of the program's own, such as /compact, shows "
        "in no record: it is typed, and it says so.\n\n"
        "With --wait the exit code is 6 when a question comes up in the turn, 5 when the program or the turn is ended, "
        "124 when time is up; the message was taken all the same.\n\n"
        "Each message is kept in the agent's outbox with what became of it: mngr outbox. What waits there goes "
        "before any later message.\n\n"
        "To a command or shell agent the text is typed into its terminal as one paste, followed by Enter; nothing is "
        "typed when the program is gone, or when its terminal would cut a line (exit code 5). One sender at a time. "
        "Control characters and escape sequences are left out, and it says so; one newline at the end goes silently. "
        "Where the last word is the text, nothing is sent when a word before it is no agent."
    ),
)
