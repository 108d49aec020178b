"""What agents need of a host before anything else: tmux, git, and something that locks."""

from __future__ import annotations

from mngr.model.errors import TimedOutError, UserError
from mngr.model.times import short_duration
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


def install(host: Host, tools: list[str]) -> None:
    """Install tools on a host, with its own package manager. Raises UserError with the last lines of output."""
    names, hint = " and ".join(tools), f"install it there yourself, then: mngr doctor @{host.address}"
    try:
        result = host.script(["hosts/tools.sh", "install", *tools], timeout_seconds=INSTALL_SECONDS, check=False)
    except TimedOutError as error:
        longest = short_duration(INSTALL_SECONDS)
        raise TimedOutError(f"{names} could not be installed on {host.address} within {longest}", hint) from error
    if result.code != 0:
        raise UserError(f"{names} could not be installed on {host.address}: {result.complaint}", hint)
