"""mngr label."""

from __future__ import annotations

from mngr.cli.labels import check_key, check_text
from mngr.cli.spec import Argument, Command
from mngr.cli.targets import OUTCOME, TARGET_OPTIONS, targets, tell_each
from mngr.output.style import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """Show, set and remove labels."""
    from mngr.actions.label import label
    from mngr.fleet.parallel import for_each

    names, wanted, unwanted = split(arguments["words"])
    chosen = targets(world, {**arguments, "agents": names})
    outcomes = list(for_each(chosen, lambda agent: label(agent, wanted, unwanted)))
    return tell_each(
        world,
        outcomes,
        lambda outcome: (
            {"labels": outcome.result.record.labels},
            clean(f"{outcome.result.record.name}: {_listed(outcome.result.record.labels)}"),
        ),
    )


def _listed(labels: dict[str, str]) -> str:
    return ", ".join(f"{key}={text}" for key, text in labels.items()) or "no labels"


def split(words: list[str]) -> tuple[list[str], dict[str, str], list[str]]:
    """Return the agents named, the labels to set (KEY=VALUE) and those to remove (KEY-). Raises UsageError."""
    names: list[str] = []
    wanted: dict[str, str] = {}
    unwanted: list[str] = []
    for word in words:
        key, equals, text = word.partition("=")
        if equals:
            wanted[check_key(key)] = check_text(text)
        elif word.endswith("-") and len(word) > 1:
            unwanted.append(check_key(word[:-1]))
        else:
            names.append(word)
    return names, wanted, unwanted


COMMAND = Command(
    name="label",
    summary="Show and change labels",
    run=run,
    fields=("agent", "labels", *OUTCOME[2:]),
    arguments=(
        Argument(
            "WORDS",
            "agents, KEY=VALUE to set, KEY- to remove",
            many=True,
            complete="agent",
            written="AGENT... [KEY=VALUE...] [KEY-...]",
        ),
    ),
    options=TARGET_OPTIONS,
    habits=dict.fromkeys(("--remove", "--delete", "--unset", "-d", "-r"), "to remove a label: mngr label NAME KEY-"),
    examples=(
        ("mngr label fix-tests", "show its labels"),
        ("mngr label fix-tests team=web urgent=yes", "set two"),
        ("mngr label --all urgent-", "remove one from all agents"),
    ),
)
