"""What a container shall be: `-b` words, and what settings preset of them, checked before anything is made."""

from __future__ import annotations

from mngr.model.data import is_list
from mngr.model.errors import UsageError
from mngr.model.names import nearest, shown
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mngr.model.host import HostWish

ONE = ("file", "image", "context", "cpu", "memory", "gpu", "network", "user", "runtime")
SEVERAL = ("build-arg", "volume", "secret", "cidr-allowlist")
FLAGS = ("offline", "dns")
OF_IMAGE = ("image", "file", "context", "build-arg", "secret")
KEYS = (*ONE, *SEVERAL, *FLAGS)
# Settings of a provider besides these: how its engine is reached, and what the default image is built upon.
SETTINGS = ("command", "host", "context", "base", "folder", "keep_snapshots")
YES, NO = ("", "true", "yes", "1"), ("false", "no", "0")


@value
class Shape:
    """A container as it is wished."""

    name: str
    file: str | None = None
    image: str | None = None
    context: str | None = None
    build_args: list[str] = []
    secrets: list[str] = []
    cpu: str | None = None
    memory: str | None = None
    gpu: str | None = None
    volumes: list[str] = []
    network: str | None = None
    user: str | None = None
    runtime: str | None = None
    offline: bool = False
    dns: bool = False
    allowed: list[str] = []  # networks, as CIDR
    start: list[str] = []  # words for the engine
    on_boot: bool = False

    @property
    def locked(self) -> bool:
        """Tell whether what it can reach is limited."""
        return self.offline or bool(self.allowed)


def shape_of(wish: HostWish, settings: Mapping[str, Any]) -> Shape:
    """Return the shape that is wished. Raises UsageError for what is unknown, or goes against itself."""
    given = _preset(settings)
    for key in {key for key, _ in wish.build}:
        _check_key(key)
        given[key] = [text for each, text in wish.build if each == key]
    if wish.snapshot is not None:
        _check_saved(wish, given)
    shape = Shape(
        name=wish.name,
        file=_one("file", given),
        image=_one("image", given),
        context=_one("context", given),
        build_args=[_pair(text) for text in given.get("build-arg", [])],
        secrets=[_word("secret", text) for text in given.get("secret", [])],
        cpu=_one("cpu", given),
        memory=_one("memory", given),
        gpu=_one("gpu", given),
        volumes=[_word("volume", text) for text in given.get("volume", [])],
        network=_one("network", given),
        user=_one("user", given),
        runtime=_one("runtime", given),
        offline=_flag("offline", given),
        dns=_flag("dns", given),
        allowed=[_network(part) for text in given.get("cidr-allowlist", []) for part in text.split(",")],
        start=list(wish.start),
        on_boot=wish.start_on_boot,
    )
    _check(shape)
    return shape


def _check_saved(wish: HostWish, given: dict[str, list[str]]) -> None:
    for key in OF_IMAGE:
        if any(each == key for each, _ in wish.build):
            raise UsageError(f"a host is made from a snapshot or with -b {key}=, not both", hint="leave one out")
        given.pop(key, None)


def _check_key(key: str) -> None:
    if key not in KEYS:
        close = nearest(key, KEYS, 1)
        raise UsageError(
            f"docker hosts have no -b {shown(key)}",
            hint=f"did you mean {close[0]}?" if close else f"there are: {', '.join(KEYS)}",
        )


def check_settings(provider: str, settings: Mapping[str, Any]) -> None:
    """Check that a provider knows all its settings. Raises UsageError."""
    for key in settings:
        if key not in SETTINGS and key.replace("_", "-") not in KEYS:
            close = nearest(key, (*SETTINGS, *KEYS), 1)
            raise UsageError(
                f"providers.{provider} has no setting {shown(key)}",
                hint=f"did you mean {close[0]}?" if close else "see: mngr help docker",
            )


def _preset(settings: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the build words that a provider's settings say for all its hosts."""
    preset: dict[str, list[str]] = {}
    for key, given in settings.items():
        if key not in SETTINGS:
            listed: list[Any] = given if is_list(given) else [given]
            texts = ["true" if each is True else "false" if each is False else str(each) for each in listed]
            preset[key.replace("_", "-")] = texts
    return preset


def _one(key: str, given: dict[str, list[str]]) -> str | None:
    texts = given.get(key, [])
    if len(set(texts)) > 1:
        raise UsageError(f"-b {key}= can be given once", hint=f"choose one of: {', '.join(texts)}")
    return _word(key, texts[-1]) if texts else None


def _word(key: str, text: str) -> str:
    if not text or text.startswith("-") or not text.isprintable():
        raise UsageError(f"-b {key}= needs a text", hint=f"-b {key}={'TEXT' if key != 'cpu' else '2'}")
    return text


def _pair(text: str) -> str:
    name, _, _ = text.partition("=")
    if not name.isidentifier() or "\0" in text:
        raise UsageError(f"-b build-arg={shown(text)} sets no variable", hint="-b build-arg=NAME=TEXT")
    return text


def _flag(key: str, given: dict[str, list[str]]) -> bool:
    text = given.get(key, ["false"])[-1]
    if text not in (*YES, *NO):
        raise UsageError(f"-b {key} is on or off, not {shown(text)}", hint=f"-b {key}, or -b {key}=false")
    return text in YES


def _network(text: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.ip_network(text.strip()))
    except ValueError as error:
        raise UsageError(
            f"-b cidr-allowlist={shown(text)} is no network of addresses: {error}",
            hint="-b cidr-allowlist=203.0.113.0/24 (names cannot be allowed, only addresses)",
        ) from error


def _check(shape: Shape) -> None:
    if shape.image is not None and (shape.file is not None or shape.context is not None):
        raise UsageError("-b image= is an image that is there, -b file= and context= build one", hint="choose one")
    if shape.image is not None and (shape.secrets or shape.build_args):
        raise UsageError("-b image= is not built, so it takes no build-arg or secret", hint="see: mngr help docker")
    if shape.offline and shape.allowed:
        raise UsageError("-b offline reaches nothing, and cidr-allowlist something", hint="choose one")
    if shape.dns and not shape.allowed:
        raise UsageError("-b dns adds names to a cidr-allowlist", hint="with -b cidr-allowlist=..., or leave it out")
    if shape.offline and shape.network is not None:
        raise UsageError("-b offline has no network", hint="leave -b network= out")
    if (
        shape.network is not None
        and (shape.network == "host" or shape.network.startswith("container:"))
        and shape.locked
    ):
        raise UsageError(f"-b network={shape.network} shares a network that rules must not change", hint="leave it out")
    if shape.on_boot and shape.allowed:
        raise UsageError(
            "a host with a cidr-allowlist is not started by the engine: its rules must be in force before it is",
            hint="leave --start-on-boot out; mngr start brings it back",
        )
    if shape.cpu is not None:
        _check_number(shape.cpu)


def _check_number(text: str) -> None:
    try:
        good = 0 < float(text) < 10000
    except ValueError:
        good = False
    if not good:
        raise UsageError(f"-b cpu={shown(text)} is no number of processors", hint="-b cpu=1.5")
