"""Settings from all their layers: defaults, user, project, local, environment, options."""

from __future__ import annotations

from mngr.config.paths import UserPaths, host_dir, shortened
from mngr.config.project import config_files, find_root
from mngr.model.data import is_table
from mngr.model.errors import UsageError, UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from mngr.config.agent_types import AgentTypeSettings
    from mngr.config.layers import Layer

    Table = dict[str, Any]
    Report = Callable[[UserError], None]


@value
class Origin:
    """Where a value comes from: `where` is a file (with its line), a variable or an option; None for a default."""

    layer: str
    where: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.where is None:
            return self.layer
        return f"{shortened(self.where)}:{self.line}" if self.line else self.where


@value
class Withheld:
    """A setting of the project that is not used until the user trusts the repository."""

    key: str
    value: Any
    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.key} ({shortened(self.file)}{f':{self.line}' if self.line else ''})"


class Settings:
    """All settings in force. Keys are dotted; a part with a dot in it is quoted."""

    def __init__(self, layers: list[Layer], root: str | None, trusted: bool) -> None:
        self.layers = layers
        self.root = root
        self.trusted = trusted
        self.doubts: list[UserError] = []  # what is wrong in the config of a repository that is not trusted
        self._table: Table | None = None

    @property
    def table(self) -> Table:
        """Return the values in force as nested tables, defaults included. Not to be changed."""
        if self._table is None:
            from mngr.config.schema import defaults

            table = defaults()
            if self.layers:
                from mngr.config.layers import merge

                for layer in self.layers:
                    table = merge(table, layer.table)
            self._table = table
        return self._table

    def get(self, key: str) -> Any:
        """Return the value of a setting, its default or None. Raises UsageError when there is no such setting."""
        from mngr.config.schema import find

        parts = _parts(key)
        node: Any = self.table
        for part in parts:
            node = node.get(part) if is_table(node) else None
        if node is None and find(parts) is None and not _is_section(parts):
            raise _unknown(key)
        setting = find(parts) if node is None else None
        return setting.default if setting else node

    def names(self, section: str) -> list[str]:
        """Return the names defined in a section: `templates`, `agent_types`, `providers` or `commands`."""
        return sorted(self.table.get(section, {}))

    def command_defaults(self, command: str) -> Table:
        """Return the defaults that config sets for a command's options, by the options' keys."""
        return dict(self.table.get("commands", {}).get(command, {}))

    def template(self, name: str) -> Table:
        """Return the create options that a template presets. Raises UsageError when there is none of that name."""
        found = self.table.get("templates", {}).get(name)
        if found is None:
            from mngr.model.names import nearest, shown

            near = nearest(name, self.names("templates"), 1)
            hint = f"did you mean {near[0]}?" if near else "define it in config: [templates.NAME]"
            self.require_trust(f"templates.{name}")
            raise UsageError(f"no template {shown(name)}", hint)
        return dict(found)

    def agent_type(self, name: str, known: Collection[str] | None = None) -> AgentTypeSettings | None:
        """Return what config says of an agent type, parents included, or None. `known` are the plugins' types."""
        if name not in self.table.get("agent_types", {}):
            return None
        from mngr.config.agent_types import BUILT_IN, resolve

        return resolve(self.layers, name, BUILT_IN if known is None else known)

    @property
    def providers(self) -> dict[str, Table]:
        """Return what config says of providers, by name: backend, enabled, and what the backend takes."""
        found: dict[str, Table] = self.table.get("providers", {})
        return {name: {"backend": name, "enabled": True, **table} for name, table in found.items()}

    def origin(self, key: str) -> Origin:
        """Return where the value of a setting comes from."""
        parts = _parts(key)
        for layer in reversed(self.layers):
            if _holds(layer.table, parts):
                return Origin(layer.name, *layer.place(parts))
        return Origin("default")

    @property
    def is_held_back(self) -> bool:
        """Tell whether something of the project's own config is not used, because the repository is not trusted."""
        return any(layer.withheld for layer in self.layers)

    @property
    def withheld(self) -> list[Withheld]:
        """Return what the project's own config sets and is not used, because the repository is not trusted."""
        from mngr.config.keys import join

        return [
            Withheld(join(parts).removesuffix("__extend"), given, layer.file or "", layer.place(parts)[1])
            for layer in self.layers
            for parts, given in layer.withheld
        ]

    def require_trust(self, *keys: str) -> None:
        """Raise UserError when the project's config sets one of these keys or sections (none: any) untrusted."""
        if not self.is_held_back:
            return
        wanted = [one for one in self.withheld if not keys or any(_is_in(one.key, key) for key in keys)]
        if wanted:
            named = ", ".join(str(one) for one in wanted[:3]) + (f" and {len(wanted) - 3} more" if wanted[3:] else "")
            raise UserError(
                f"this repository's own config is not trusted yet, and it sets {named}",
                hint="look at it, then: mngr config trust"
                + ("" if keys else "; or without it: --ignore-project-config"),
            )


def error_at(settings: Settings, key: str, problem: str, hint: str | None = None) -> UsageError:
    """Return the error that a setting's value is wrong, naming where it is set: for checks that come later."""
    origin = settings.origin(key)
    return UsageError(f"{origin}: {problem}" if origin.where else problem, hint)


def load(environ: dict[str, str], cwd: str, overrides: list[str]) -> Settings:
    """Return the settings in force. Raises UsageError for the first that is wrong.

    What is wrong in the config of a repository that is not trusted is only told, in `doubts`: a stranger's file must
    not keep the user from their own agents.
    """
    return _load(environ, cwd, overrides, _raise)


def load_lenient(environ: dict[str, str], cwd: str, overrides: list[str]) -> tuple[Settings, list[UserError]]:
    """Return the settings in force, without those that are wrong, and what is wrong with these."""
    problems: list[UserError] = []
    settings = _load(environ, cwd, overrides, problems.append)
    return settings, settings.doubts + problems


def _load(environ: dict[str, str], cwd: str, overrides: list[str], report: Report) -> Settings:
    folder = host_dir(environ)
    root = find_root(environ, cwd)
    layers: list[Layer] = []
    doubts: list[UserError] = []
    trusted = False
    for name, path in [("user", UserPaths(folder).config), *config_files(environ, root)]:
        problems: list[UserError] = []
        layer = _file_layer(name, path, UserPaths(folder).cache, problems.append)
        if layer is None and not problems:
            continue
        if name != "user" and root is not None:
            from mngr.config.layers import withhold
            from mngr.config.trust import is_trusted

            trusted = is_trusted(folder, root)
            layer = layer if trusted or layer is None else withhold(layer)
        for problem in problems:
            (report if trusted or name == "user" else doubts.append)(problem)
        layers += [layer] if layer is not None else []
    if overrides or any(name[:6].upper() == "MNGR__" for name in environ):
        from mngr.config.layers import from_environment, from_options

        given = (from_environment(environ, report), from_options(overrides, report))
        layers.extend(layer for layer in given if layer is not None)
    settings = Settings(layers, root, trusted)
    settings.doubts = doubts
    return settings


def _file_layer(name: str, path: str, cache: str, report: Report) -> Layer | None:
    import os

    try:
        os.lstat(path)
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return None
    from mngr.config.files import read
    from mngr.config.layers import Layer, checked

    try:
        table = read(path, cache)
    except UserError as error:
        report(error)
        return None
    return None if table is None else checked(Layer(name, table, path), report)


def _raise(error: UserError) -> None:
    raise error


def _parts(key: str) -> tuple[str, ...]:
    from mngr.config.keys import BadKey, split

    try:
        return split(key)
    except BadKey:
        raise _unknown(key) from None


def _unknown(key: str) -> UsageError:
    from mngr.config.schema import SETTINGS
    from mngr.model.names import nearest, shown

    found = nearest(key, [setting.key for setting in SETTINGS], 1)
    return UsageError(f"no setting {shown(key)}", f"did you mean {found[0]}?" if found else "see: mngr config schema")


def _is_section(parts: tuple[str, ...]) -> bool:
    from mngr.config.schema import ANY, tree

    node: Any = tree()
    for part in parts:
        node = node.get(part, node.get(ANY)) if is_table(node) else None
    return is_table(node)


def _holds(table: Table, parts: tuple[str, ...]) -> bool:
    node: Any = table
    for part in parts[:-1]:
        node = node.get(part)
        if not is_table(node):
            return False
    return parts[-1] in node or f"{parts[-1]}__extend" in node


def _is_in(key: str, section: str) -> bool:
    return key == section or key.startswith(f"{section}.") or section.startswith(f"{key}.")
