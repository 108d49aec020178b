"""The environment that a new agent gets, byte for byte as it was given."""

from __future__ import annotations

import os

from mngr.model.errors import UsageError
from mngr.model.names import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World

# What every agent gets from here: who and where the user is, not what the user's shell happens to hold.
BASE = ("HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "TZ", "TMPDIR", "TMUX_TMPDIR", "COLORTERM")
OWN = (
    "MNGR_AGENT_ID",
    "MNGR_AGENT_NAME",
    "MNGR_AGENT_STATE_DIR",
    "MNGR_AGENT_WORK_DIR",
    "MNGR_HOST_DIR",
    "MNGR_PREFIX",
    "MNGR_GIT_BASE_BRANCH",
    "MNGR_PORT_BASE",
    "MNGR_PORT_COUNT",
)
# What programs that are talked to get besides: how to reach their servers, and where the user keeps things.
FOR_PROGRAMS = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
    *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"),
)
USERS = "MNGR_USER_"  # before the name of a variable: what it was for the user, in an agent whose own is another
LONGEST_FILE_BYTES = 1 << 20


def agent_environment(
    world: World, arguments: Arguments, of_type: dict[str, str], there: Mapping[str, str]
) -> dict[str, str]:
    """Return an agent's variables: the base, its type's, from files, passed on, given. Raises UsageError.

    `there` is the user's environment on the agent's host, which the base is taken from.
    """
    base = {name: text for name, text in there.items() if name in BASE or name.startswith("LC_")}
    return {**base, **of_type, **given_environment(world, arguments, ("env_file", "pass_env", "env"))}


def given_environment(world: World, arguments: Arguments, keys: tuple[str, str, str]) -> dict[str, str]:
    """Return the variables that options give: from files, passed on from here, as they stand. Raises UsageError.

    `keys` are those of the three options.
    """
    files, passed_on, given = keys
    found: dict[str, str] = {}
    for path in arguments[files]:
        found.update(_read(world, path))
    for name in arguments[passed_on]:
        if check_variable(name) not in world.environ:
            flag = f"--{given.replace('_', '-')}"
            raise UsageError(f"{name} is not set here, so it cannot be passed on", hint=f"{flag} {name}=VALUE")
        found[name] = world.environ[name]
    found.update({check_variable(name): _check(name, text) for name, text in arguments[given]})
    return found


def program_environment(here: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Return what a program takes from the user's environment: as it is for the user, also inside an agent."""
    private = here.get("MNGR_AGENT_STATE_DIR") or "\0"
    passed: dict[str, str] = {}
    for name in (*FOR_PROGRAMS, *names):
        text = here.get(f"{USERS}{name}", here.get(name, ""))
        if text and private not in text:
            passed[name] = text
    return passed


def check_variable(name: str) -> str:
    """Return a name if a variable may have it. Raises UsageError."""
    plain = name.isascii() and all(character.isalnum() or character == "_" for character in name)
    if not name or not plain or name[0].isdigit() or len(name) > 1000:
        raise UsageError(f"{shown(name)} is not the name of a variable", hint="letters, digits and _: KEY=VALUE")
    if name in OWN:
        raise UsageError(f"{name} is set by mngr itself", hint="use another name")
    return name


def _check(name: str, text: str) -> str:
    if "\0" in text:
        raise UsageError(f"the value of {name} holds a NUL byte, which no variable can")
    return text


def _read(world: World, path: str) -> dict[str, str]:
    try:
        with open(os.path.join(world.cwd, os.path.expanduser(path)), "rb") as file:
            content = file.read(LONGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(
            f"the env file {shown(path)} cannot be read: {reason}", hint="a file with lines KEY=VALUE"
        ) from None
    if len(content) > LONGEST_FILE_BYTES:
        raise UsageError(
            f"the env file {shown(path)} is larger than {LONGEST_FILE_BYTES >> 20} MiB", hint="is it the right file?"
        )
    found: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8", "surrogateescape").split("\n"), 1):
        text = line.removesuffix("\r")
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        name, equals, variable = text.removeprefix("export ").partition("=")
        if not equals:
            raise UsageError(
                f"line {number} of the env file {shown(path)} is not KEY=VALUE", hint="comments begin with #"
            )
        found[check_variable(name.strip())] = _check(name, variable)
    return found
