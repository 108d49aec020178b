"""The environment that a host's own user has there: who and where they are, and what their settings say."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host

SECONDS = 30.0


def user_environment(host: Host) -> dict[str, str]:
    """Return the variables of the user's login shell on a host; those of several lines are cut. Raises UserError."""
    said = host.script(["hosts/user_environment.sh"], timeout_seconds=SECONDS).out
    lines = said.decode("utf-8", "surrogateescape").split("\n")
    pairs = [line.partition("=") for line in lines]
    found = {name: text for name, equals, text in pairs if equals and name.isidentifier() and name.isascii()}
    for name in ("PWD", "OLDPWD", "SHLVL", "_", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "SSH_AUTH_SOCK"):
        found.pop(name, None)
    return found
