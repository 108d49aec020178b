"""What agents need of a host before anything else: tmux, git, and something that locks."""

from __future__ import annotations

from mngr.model.errors import UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host

LOOK_SECONDS = 30.0
INSTALL_SECONDS = 900.0


@value
class Lacking:
    """What a host lacks, and the package manager that could install it there without a password, if there is one."""

    tools: list[str]
    manager: str | None = None


def look(host: Host) -> Lacking:
    """Return what a host lacks."""
    lines = host.script(["hosts/tools.sh", "look"], timeout_seconds=LOOK_SECONDS).text.splitlines()
    words = [line.split(" ", 1) for line in lines if " " in line]
    managers = [word for kind, word in words if kind == "by"]
    return Lacking([word for kind, word in words if kind == "missing"], managers[0] if managers else None)


def install(host: Host, lacking: Lacking) -> None:
    """Install what a host lacks, with its own package manager. Raises UserError with the last lines of output."""
    result = host.script(["hosts/tools.sh", "install", *lacking.tools], timeout_seconds=INSTALL_SECONDS, check=False)
    if result.code != 0:
        said = "\n".join(result.err.decode("utf-8", "replace").strip().splitlines()[-5:])
        raise UserError(
            f"{' and '.join(lacking.tools)} could not be installed on {host.address}: {said}",
            hint=f"install it there yourself, then: mngr doctor @{host.address}",
        )
