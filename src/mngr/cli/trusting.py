"""What is done about the config of a repository that the user has not trusted."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.world import World

# What these start depends on settings: what is wrong there is an error, elsewhere a warning.
STARTING = frozenset(("create", "start"))


def settle(world: World, command: str, *, ignore: bool) -> None:
    """Ask whether to trust a repository, where its config matters; say what is wrong in it. Raises UserError."""
    if ignore:
        return
    for doubt in world.settings.doubts[:1]:
        if command in STARTING:
            raise doubt
        world.warn(doubt.message)
    if command == "create":
        _ask(world)


def _ask(world: World) -> None:
    from mngr.config.paths import host_dir, shortened
    from mngr.config.trust import repository, trust
    from mngr.output.prompts import ask, can_ask

    settings = world.settings
    if not can_ask(world) or settings.root is None:
        return settings.require_trust()
    folder = shortened(repository(settings.root), world.environ)
    world.tell(f"The config of {folder} is not trusted yet. It sets:")
    for one in settings.withheld:
        world.tell(f"  {one}: {str(one.value)[:200]}")
    answer = ask(world, "Trust it, now and later? It can run commands. n: go on without these settings [y/N] ")
    if answer.strip().lower() in ("y", "yes"):
        trust(host_dir(world.environ), settings.root)
        world.forget_settings()
    elif not answer:
        settings.require_trust()
    return None
