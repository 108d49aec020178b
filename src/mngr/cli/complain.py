"""How one error among several is told."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.world import World
    from mngr.model.errors import UserError


def complain(world: World, error: UserError) -> None:
    """Write an error and its hint to standard error."""
    from mngr.output.style import style_for

    style = style_for(is_terminal=world.err_is_terminal, environ=world.environ)
    world.tell(error.message, style.paint("mngr:", "red", "bold"))
    if error.hint:
        world.tell(error.hint, style.paint("hint:", "cyan"))
