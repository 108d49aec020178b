"""mngr wait."""

from __future__ import annotations

from mngr.cli.spec import Command, Option
from mngr.cli.targets import AGENTS, OUTCOME, TARGET_OPTIONS, targets, tell_each
from mngr.model.observation import BLOCKED, DONE, FAILED, STATES, STOPPED, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.fleet import Target
    from mngr.fleet.parallel import Outcome
    from mngr.fleet.report import AgentReport

# Without --state: whenever the agent is not at work any more.
AT_REST = (WAITING, BLOCKED, DONE, FAILED, STOPPED)


def run(world: World, arguments: Arguments) -> int:
    """Wait until agents are in a state."""
    from mngr.actions.wait import wait_until

    states = tuple(arguments["state"]) or AT_REST
    chosen = targets(world, {**arguments, "state": []})
    agents = [target.agent for target in chosen if target.agent is not None]
    reached = wait_until(world.fleet, agents, states, arguments["timeout"]) if agents else {}
    outcomes = [_outcome(target, reached, states, arguments["timeout"]) for target in chosen]
    return tell_each(
        world,
        outcomes,
        lambda outcome: (
            {"state": outcome.result.seen.state, "exit_code": outcome.result.seen.exit_code},
            f"{outcome.target.text} is {outcome.result.seen.state}",
        ),
    )


def _outcome(
    target: Target, reached: dict[str, AgentReport | None], states: tuple[str, ...], timeout_seconds: float | None
) -> Outcome:
    from mngr.actions.wait import check_reached
    from mngr.fleet.parallel import Outcome
    from mngr.model.errors import UserError

    if target.agent is None:
        return Outcome(target, error=target.error)
    try:
        return Outcome(target, check_reached(reached[target.agent.record.id], target.text, states, timeout_seconds))
    except UserError as error:
        return Outcome(target, error=error)


COMMAND = Command(
    name="wait",
    summary="Wait until agents are in a state",
    run=run,
    fields=("agent", "state", *OUTCOME[2:]),
    arguments=(AGENTS,),
    options=(
        Option(
            ("--state", "--until"),
            "the state, or one of several (default: not at work any more)",
            "STATE",
            kind="choice",
            choices=STATES,
            many=True,
            complete="state",
        ),
        Option(("--timeout",), "give up after so long, with exit code 124", "DURATION", kind="duration"),
        *(option for option in TARGET_OPTIONS if option.key != "state"),
    ),
    examples=(
        ("mngr wait fix-tests", "until it waits for you, is blocked, has ended, or was stopped"),
        ("mngr wait a b --state done --timeout 10m", "until both are done, ten minutes at most"),
    ),
    about="Returns at once if it is true already. All that were named must get there; each is told.",
)
