"""`mngr completion`: the scripts that teach shells to complete mngr."""

from __future__ import annotations

import os

from mngr.cli.commands import SUMMARIES
from mngr.cli.spec import Argument, Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.world import World

SHELLS = ("bash", "zsh", "fish")


def run(world: World, arguments: dict[str, Any]) -> int:
    """Print the script of a shell."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(f"{folder}/completion.{arguments['shell']}", encoding="utf-8") as file:
        world.stdout.write(file.read())
    return 0


COMMAND = Command(
    name="completion",
    summary=SUMMARIES["completion"],
    run=run,
    arguments=(Argument("SHELL", "the shell it is for", required=True, choices=SHELLS),),
    examples=(
        ('eval "$(mngr completion bash)"', "put this into ~/.bashrc"),
        ('eval "$(mngr completion zsh)"', "put this into ~/.zshrc, after compinit"),
        ("mngr completion fish > ~/.config/fish/completions/mngr.fish", "once is enough"),
    ),
    about="Commands, options, their values and the names of live agents are completed as of now: nothing is cached.",
)
