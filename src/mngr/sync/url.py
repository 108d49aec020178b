"""Git URLs: telling them from paths, and keeping what is secret in them out of sight."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.value import value

_SCHEMES = ("https", "http", "ssh", "git", "file", "git+ssh", "ssh+git")


@value
class GitUrl:
    """A URL without its secrets, and the secrets."""

    text: str
    user: str = ""
    password: str = ""


def is_url(source: str) -> bool:
    """Tell whether a source is a git URL (`https://...`, `git@host:path`) and not a path."""
    if source.startswith(("/", ".", "~")):
        return False
    before, colon, _ = source.partition(":")
    return bool(colon) and "/" not in before


def read_url(source: str) -> GitUrl:
    """Take a git URL apart. Raises UsageError for what git would not fetch from, or would run as a program."""
    scheme, separator, rest = source.partition("://")
    if source.startswith("-") or any(character <= " " for character in source):
        raise UsageError("the source is not a git URL", hint="--from https://HOST/PATH or git@HOST:PATH")
    if not separator:
        return GitUrl(_scp_like(source))
    if scheme.lower() not in _SCHEMES:
        raise UsageError(f"git URLs of the kind {scheme}:// are not taken", hint=f"one of {', '.join(_SCHEMES)}")
    host, slash, path = rest.partition("/")
    userinfo, at, host = host.rpartition("@")
    if host.startswith("-"):
        raise UsageError("the source is not a git URL: its host looks like a flag")
    if not at:
        return GitUrl(source)
    user, _, password = userinfo.partition(":")
    if scheme.lower() in ("http", "https"):
        return GitUrl(f"{scheme}://{host}{slash}{path}", _decoded(user), _decoded(password))
    return GitUrl(f"{scheme}://{user}@{host}{slash}{path}")


def without_secrets(url: str) -> str:
    """Return a URL as it may be written down and shown; anything else as it is."""
    try:
        return read_url(url).text if is_url(url) else url
    except UsageError:
        return url.rpartition("@")[2]


def _scp_like(source: str) -> str:
    before, _, path = source.partition(":")
    if path.startswith((":", "-")) or before.rpartition("@")[2].startswith("-"):
        raise UsageError("the source is not a git URL", hint="--from https://HOST/PATH or git@HOST:PATH")
    return source


def _decoded(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)
