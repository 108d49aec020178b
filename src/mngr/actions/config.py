"""Look at settings and change them."""

from __future__ import annotations

import os

from mngr.actions.editor import open_editor
from mngr.config import atomic, change, keys, schema
from mngr.config.load import Origin, Settings
from mngr.config.paths import UserPaths, host_dir, shortened
from mngr.config.project import config_files
from mngr.config.trust import is_trusted
from mngr.model.data import is_table
from mngr.model.errors import UsageError, UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SCOPES = ("user", "project", "local")
FIRST_LINES = "# Settings of mngr. What there is: mngr config schema\n"


@value
class Entry:
    """One setting in force: its key, its value, and where that comes from."""

    key: str
    value: Any
    origin: Origin


@value
class ConfigFile:
    """One config file, there or not."""

    scope: str
    path: str
    exists: bool
    trusted: bool


def entries(settings: Settings, below: str | None = None) -> list[Entry]:
    """Return the settings in force, all or those at and below a key. Raises UsageError when there is no such key."""
    start = change.parts_of(below) if below else ()
    node: Any = settings.get(below) if below else settings.table
    found = [] if node is None else _leaves(node, start)
    return [Entry(keys.join(parts), given, settings.origin(keys.join(parts))) for parts, given in found]


def _leaves(node: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    if not is_table(node):
        return [(path, node)]
    return [leaf for name in sorted(node) for leaf in _leaves(node[name], (*path, name))]


def config_files_of(environ: dict[str, str], root: str | None) -> list[ConfigFile]:
    """Return the config files that are read here, lowest layer first."""
    folder = host_dir(environ)
    trusted = root is not None and is_trusted(folder, root)
    found = [("user", UserPaths(folder).config), *config_files(environ, root)]
    return [ConfigFile(scope, path, os.path.exists(path), scope == "user" or trusted) for scope, path in found]


def file_of(environ: dict[str, str], root: str | None, scope: str) -> str:
    """Return the file of a scope. Raises UsageError when there is none here."""
    for file in config_files_of(environ, root):
        if file.scope == scope:
            return file.path
    raise UsageError(
        f"there is no project here to have the scope '{scope}'", hint="go to a repository, or use --scope user"
    )


def mode_of(scope: str) -> int:
    """Return the mode of a new file: a project's is for everyone who works on it."""
    return 0o644 if scope == "project" else 0o600


def edit(path: str, environ: dict[str, str], again: Callable[[list[UserError]], bool]) -> bool:
    """Let the user edit a config file; it is replaced only by one without a fault. Raises UserError.

    `again` is asked, with what is wrong, whether to edit further. Returns False when the file stayed as it was for
    what was wrong with the new one.
    """
    folder = os.path.dirname(os.path.realpath(path))
    draft = f"{folder}/edit-{os.urandom(4).hex()}.toml"
    try:
        before = _content(path)
        os.makedirs(folder, 0o700, exist_ok=True)
        with open(draft, "xb", opener=_private) as file:
            file.write(FIRST_LINES.encode() if before is None else before)
        try:
            return _edited(draft, path, environ, again)
        finally:
            os.unlink(draft)
    except OSError as error:
        raise UserError(f"{shortened(path)}: cannot be written: {error.strerror}") from None


def _edited(draft: str, path: str, environ: dict[str, str], again: Callable[[list[UserError]], bool]) -> bool:
    while True:
        open_editor(draft, environ)
        problems = change.problems_in(draft)
        if not problems:
            break
        told = [error.message.replace(shortened(draft), shortened(path)) for error in problems]
        if not again([UserError(text, error.hint) for text, error in zip(told, problems, strict=True)]):
            return False
    content = _content(draft) or b""
    if content not in (_content(path), FIRST_LINES.encode()):
        atomic.write(path, content)
    return True


def described() -> list[dict[str, Any]]:
    """Return every setting there is: key, type, default, description, example."""
    return [
        {
            "key": setting.key,
            "type": schema.TYPES[setting.kind],
            "takes": schema.KINDS[setting.kind],
            "default": schema.default_of(setting),
            "description": setting.meaning,
            "example": setting.example,
            "needs_trust": not setting.shared,
        }
        for setting in schema.SETTINGS
    ]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
