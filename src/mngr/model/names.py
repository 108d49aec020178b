"""Names, ids and addresses: what may be one, and what was meant when it is not."""

from __future__ import annotations

import os

from mngr.model.errors import UsageError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_LIMIT = 63
ID_PREFIX_DIGITS = 8
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_HEX = frozenset("0123456789abcdef")
_DESCRIPTIONS = (
    "amber brave brisk calm clever cosy crisp daring eager early easy fair fancy fleet fond fresh gentle glad golden "
    "grand happy hardy hazel honest humble ivory jolly keen kind late light lively loyal lucky lunar mellow merry mild "
    "misty neat nimble noble olive patient polite prime proud quick quiet rapid ready royal ruby rustic shy silver "
    "sleek snug solar solid spry steady still sunny swift tidy true upbeat vivid warm wise witty young zesty"
).split()
_CREATURES = (
    "ant badger bat bear beaver bee bison bream camel cat cobra condor crab crane crow deer dingo dove duck eagle eel "
    "egret elk emu falcon ferret finch fox frog gecko goat goose gull hare hawk heron horse ibex ibis jackal jay koala "
    "lark lemur lion llama lynx magpie marten mole moose moth mouse newt okapi orca otter owl panda perch pika puffin "
    "quail rabbit ram raven robin salmon seal shrew skunk sloth snail sparrow squid stoat stork swan tapir tern tiger "
    "toad trout turtle viper vole walrus wasp weasel whale wolf wombat wren yak zebra"
).split()


def is_name(text: str) -> bool:
    """Tell whether text is a valid name: lower-case letters, digits and inner hyphens, 1 to 63 long."""
    return 0 < len(text) <= NAME_LIMIT and _LETTERS.issuperset(text.replace("-", "a")) and text == text.strip("-")


def check_name(text: str, what: str = "name") -> str:
    """Return text if it is a valid name, else raise UsageError with the nearest valid one as the hint."""
    if is_name(text):
        return text
    nearest = nearest_name(text)
    raise UsageError(
        f"{shown(text)} is not a valid {what}: lower-case letters, digits and inner hyphens, at most {NAME_LIMIT}",
        hint=f"try: {nearest}" if nearest else "leave it out, and one is made up",
    )


def nearest_name(text: str) -> str:
    """Return the valid name most like text, or an empty string."""
    kept = "".join(character if character in _LETTERS else "-" for character in text[:1000].lower())
    while "--" in kept:
        kept = kept.replace("--", "-")
    return kept.strip("-")[:NAME_LIMIT].strip("-")


def make_up_name(taken: Iterable[str] = ()) -> str:
    """Return a short friendly name of two words that is not among those taken."""
    used = set(taken)
    for _ in range(200):
        first, second = os.urandom(2)
        name = f"{_DESCRIPTIONS[first % len(_DESCRIPTIONS)]}-{_CREATURES[second % len(_CREATURES)]}"
        if name not in used:
            return name
    return f"agent-{os.urandom(4).hex()}"


def new_id(kind: str) -> str:
    """Return a fresh id: `agent-<32 hex>`, `host-<32 hex>` or `msg-<32 hex>`."""
    return f"{kind}-{os.urandom(16).hex()}"


def is_id(text: str, kind: str = "agent") -> bool:
    """Tell whether text is a whole id of that kind."""
    digits = text.removeprefix(f"{kind}-")
    return digits != text and len(digits) == 32 and _HEX.issuperset(digits)


def id_digits(text: str) -> str | None:
    """Return the hex digits when text can be an id or a prefix of one (8 digits or more), else None."""
    digits = text.removeprefix("agent-").removeprefix("host-")
    return digits if ID_PREFIX_DIGITS <= len(digits) <= 32 and _HEX.issuperset(digits) else None


def means(word: str, name: str, agent_id: str) -> bool:
    """Tell whether a word is an agent's name, its id, or the beginning of that."""
    digits = id_digits(word)
    return word == name or (digits is not None and agent_id.removeprefix("agent-").startswith(digits))


@value
class Address:
    """Where something is: `[NAME][@[HOST][.PROVIDER]][:PATH]`; what was not said is None."""

    name: str | None = None
    host: str | None = None
    provider: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        place = (self.host or "") + (f".{self.provider}" if self.provider else "")
        return (self.name or "") + (f"@{place}" if place else "") + (f":{self.path}" if self.path is not None else "")


def parse_address(text: str) -> Address:
    """Parse `[NAME][@[HOST][.PROVIDER]][:PATH]`. Raises UsageError."""
    place, colon, path = text.partition(":")
    name, at, where = place.partition("@")
    if at and not where:
        raise UsageError(f"{shown(text)} names no host after the @", hint="write NAME@HOST, NAME@HOST.PROVIDER or NAME")
    host, _, provider = where.rpartition(".") if "." in where else (where, "", "")
    if name and id_digits(name) is None:
        check_name(name)
    if host:
        check_host(host, text)
    if provider:
        check_name(provider, "provider name")
    elif where.endswith("."):
        raise UsageError(f"{shown(text)} names no provider after the last dot", hint=f"try: {text.rstrip('.')}")
    return Address(name or None, host or None, provider or None, path if colon else None)


def check_host(host: str, text: str) -> str:
    """Return host if it is a valid host name, else raise UsageError, which shows the text that it stands in."""
    allowed = all(character.isalnum() or character in "-._" for character in host) and host.isascii()
    if not allowed or host.startswith(("-", ".")) or len(host) > 255:
        raise UsageError(f"{shown(host)} in {shown(text)} is not a valid host name", hint="see: mngr help addresses")
    return host


def nearest(text: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known words most like text, nearest first."""
    import difflib

    return difflib.get_close_matches(text[:200], list(known), n=most, cutoff=0.5)


def shown(text: str, limit: int = 60) -> str:
    """Return text fit for an error message: quoted, control characters visible, cut when long."""
    visible = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text[:limit])
    return f"'{visible}'" if len(text) <= limit else f"'{visible}...' ({len(text)} characters)"
