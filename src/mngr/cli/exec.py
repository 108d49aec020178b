"""mngr exec."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.cli.targets import TARGET_OPTIONS, certain, has_filter, targets, tell_each
from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.fleet import Target
    from mngr.fleet.parallel import Outcome


def run(world: World, arguments: Arguments) -> int:
    """Run a command in the workspaces of agents."""
    from mngr.actions import exec as action

    names, text = _command(arguments)
    if not text.strip():
        raise UsageError("the command is empty", hint="mngr exec NAME 'git status'")
    command = action.Command(text, arguments["cwd"] or "", arguments["timeout"])
    if arguments["tty"] and not (world.in_is_terminal and world.is_terminal):
        raise UsageError("--tty needs a terminal", hint="leave it out")
    chosen = targets(world, {**arguments, "agents": names})
    if not arguments["argv"]:
        certain(chosen, ["mngr", "exec", *names, text], "command")
    if arguments["start"]:
        _start(world, chosen)
    by_filter = arguments["all"] or has_filter(arguments)
    if len(chosen) == 1 and not by_filter and world.options.format == "human":
        if chosen[0].agent is None:
            raise chosen[0].error or UsageError("no agent was named")
        return action.stream(chosen[0].agent, command, tty=arguments["tty"])
    return _all(world, chosen, command)


def _all(world: World, chosen: list[Target], command: Any) -> int:
    from mngr.actions import exec as action
    from mngr.fleet.parallel import for_each

    outcomes = list(for_each(chosen, lambda agent: action.timed(agent, command)))
    several = len(outcomes) > 1
    code = tell_each(world, outcomes, lambda outcome: _said(outcome, several=several))
    codes = [action.exit_code(outcome.result[0]) for outcome in outcomes if outcome.error is None]
    if not several and codes:
        return codes[0]
    return code or (1 if any(codes) else 0)


def _said(outcome: Outcome, *, several: bool) -> tuple[dict[str, Any], str]:
    from mngr.actions.exec import exit_code

    result, seconds = outcome.result
    code = exit_code(result)
    out, err = result.out.decode("utf-8", "replace"), result.err.decode("utf-8", "replace")
    row = {"exit_code": code, "stdout": out, "stderr": err, "duration_seconds": round(seconds, 3)}
    lines = [f"==> {outcome.target.text}" + (f" (exit {code})" if code else "") + " <=="] if several else []
    lines += [part.rstrip("\n") for part in (out, err) if part]
    return row, "\n".join(lines)


def _command(arguments: Arguments) -> tuple[list[str], str]:
    """Return the agents and the shell command: the last word, or the words after `--`, each as it is."""
    from mngr.transports.quoting import join

    words: list[str] = arguments["words"]
    if arguments["argv"]:
        return words, join(arguments["argv"])
    by_filter = arguments["all"] or has_filter(arguments)
    if len(words) < (1 if by_filter else 2):
        raise UsageError("exec needs an agent and a command", hint="mngr exec NAME 'git status'")
    return words[:-1], words[-1]


def _start(world: World, chosen: list[Target]) -> None:
    from mngr.actions.start import start
    from mngr.fleet.parallel import for_each

    for outcome in for_each([target for target in chosen if target.agent], lambda agent: start(world.fleet, agent)):
        if outcome.error is not None:
            raise outcome.error


COMMAND = Command(
    name="exec",
    summary="Run a command in an agent's workspace",
    run=run,
    fields=("agent", "exit_code", "stdout", "stderr", "duration_seconds", "error", "hint"),
    arguments=(
        Argument(
            "WORDS",
            "agents, and last of all the shell command",
            many=True,
            complete="agent",
            written="AGENT... COMMAND",
        ),
    ),
    options=(
        Option(("--cwd",), "the folder, relative to the workspace", "PATH"),
        Option(("--timeout",), "end it after so long, with exit code 124", "DURATION", kind="duration"),
        Option(("--tty", "-t"), "for a command that needs a terminal"),
        Option(("--start",), "start the agent first if it has no session"),
        *TARGET_OPTIONS,
    ),
    examples=(
        ("mngr exec fix-tests 'git status -s'", "a shell command; its exit code is passed on"),
        ("mngr exec fix-tests -- grep -rn 'a b' src", "exact words, no shell needed"),
        ("mngr exec --all 'git log --oneline -1'", "in every workspace"),
    ),
    about=(
        "The command runs in the agent's workspace with the agent's environment, beside the program, whether that "
        "runs or not. With one agent its outputs are streamed and its exit code is passed on; with several each is "
        "shown under the agent's name, and the exit code is 1 if any failed. Without -- the last word is the command: "
        "when a word before it is no agent, nothing is run."
    ),
    stray="quote the command, or write it after --: mngr exec NAME -- PROGRAM ARGUMENTS...",
    rest="argv",
    rest_help="the program and its arguments, exactly as they are",
)
