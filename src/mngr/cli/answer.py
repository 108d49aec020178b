"""mngr answer."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command
from mngr.model.errors import BlockedError, NotAcceptedError
from mngr.output.emit import emit_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent
    from mngr.model.conversation import Dialog


def run(world: World, arguments: Arguments) -> int:
    """Answer the question that blocks an agent, or show it."""
    from mngr.actions.answer import answer
    from mngr.output.prompts import can_ask, choose

    agent = world.fleet.find(arguments["agent"])
    choice: str | None = arguments["choice"]
    if choice is None:
        dialog = answer(world.fleet, agent, None)
        if not dialog.choices or world.options.format != "human" or not (can_ask(world) and world.is_terminal):
            _show(world, agent, dialog)
            return 0
        world.stderr.write("".join(f"{line}\n" for line in _question(agent, dialog)))
        choice = str(choose(world, "answer", dialog.choices, f"mngr answer {agent.record.name} NUMBER") + 1)
    dialog = answer(world.fleet, agent, choice)
    _tell(world, agent, dialog, choice)
    _bring(world, agent)
    return 0


def _show(world: World, agent: Agent, dialog: Dialog) -> None:
    def human() -> list[str]:
        from mngr.output.style import clean

        numbered = [f"{number:>3}  {clean(each)}" for number, each in enumerate(dialog.choices, 1)]
        return [*_question(agent, dialog), *numbered]

    emit_one(world, {**_row(agent, dialog), "answer": None}, human=human)
    if world.options.format == "human":
        way = f"answer it: mngr answer {agent.record.name} {'NUMBER' if dialog.choices else 'TEXT'}"
        leave = f"it can only be left: mngr interrupt {agent.record.name}, or mngr connect {agent.record.name}"
        world.note(way if dialog.choices or dialog.takes_text else leave)


def _question(agent: Agent, dialog: Dialog) -> list[str]:
    from mngr.output.style import clean

    return [f"{agent.record.name} is blocked ({dialog.reason}):", *clean(dialog.question, keep="\n").splitlines()]


def _row(agent: Agent, dialog: Dialog) -> dict[str, Any]:
    return {
        "agent": agent.record.name,
        "reason": dialog.reason,
        "question": dialog.question,
        "choices": dialog.choices,
    }


def _tell(world: World, agent: Agent, dialog: Dialog, choice: str) -> None:
    from mngr.hosts.choices import place_of
    from mngr.output.style import clean

    place = place_of(dialog, choice)
    chosen = choice if place is None else dialog.choices[place]
    emit_one(
        world,
        {**_row(agent, dialog), "answer": chosen},
        human=lambda: [clean(f"answered {agent.record.name}: {chosen}")],
    )


def _bring(world: World, agent: Agent) -> None:
    """Bring what waited for the dialog to go; what cannot be brought yet is brought later."""
    from mngr.actions.delivery import give_open, is_waited_for
    from mngr.cli.background import keep_bringing_to

    if not is_waited_for(agent):
        return
    try:
        brought = give_open(world.fleet, agent)
    except (BlockedError, NotAcceptedError) as error:
        world.note(f"what is queued waits on: {error.message}")
        keep_bringing_to(world, [agent])
        return
    for letter_id, verdict in brought.items():
        world.note(f"message {letter_id} was {verdict.state}")


COMMAND = Command(
    name="answer",
    summary="Answer the question that blocks an agent",
    run=run,
    fields=("agent", "reason", "question", "choices", "answer"),
    arguments=(
        Argument("AGENT", "the agent", required=True, complete="agent"),
        Argument("CHOICE", "a choice by its number or its beginning, yes or no, or words of your own"),
    ),
    examples=(
        ("mngr answer fix-tests", "show what it asks, and the choices; on a terminal, choose"),
        ("mngr answer fix-tests 1", "the first choice"),
        ("mngr answer fix-tests no", "the choice that begins with no"),
    ),
    stray="quote the answer: mngr answer NAME 'TEXT'",
    about=(
        "Succeeds when the question has gone. Exit code 1: nothing is asked; 2: there is no such choice (all are "
        "listed). What waited in the agent's outbox is delivered after it."
    ),
)
