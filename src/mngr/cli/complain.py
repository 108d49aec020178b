"""How one error among several is told."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.world import World
    from mngr.model.errors import UserError


def complain_of_each(world: World, errors: list[UserError]) -> int:
    """Write errors, and last of all what is for programs; return the exit code that says most."""
    from mngr.cli.targets import worst

    for error in errors:
        complain(world, error)
    code = worst([error.exit_code for error in errors])
    tell_programs(world, next((error for error in errors if error.exit_code == code), None), code)
    return code


def tell_programs(world: World, error: UserError | None, code: int) -> None:
    """Write an error as an object on the last line, where results are written for programs."""
    if error is not None and world.options.format in ("json", "jsonl"):
        from mngr.output.structured import to_json

        world.tell(to_json({"error": error.message, "hint": error.hint, "exit_code": code}))


def complain(world: World, error: UserError) -> None:
    """Write an error and its hint to standard error."""
    from mngr.output.style import style_for

    style = style_for(is_terminal=world.err_is_terminal, environ=world.environ)
    world.tell(error.message, style.paint("mngr:", "red", "bold"))
    if error.hint:
        world.tell(error.hint, style.paint("hint:", "cyan"))
