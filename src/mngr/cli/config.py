"""mngr config."""

from __future__ import annotations

from mngr.actions import config as action
from mngr.cli.spec import Argument, Command, Option
from mngr.config.load import load_lenient
from mngr.config.paths import host_dir, shortened
from mngr.model.errors import UsageError, UserError
from mngr.output.emit import emit, emit_one
from mngr.output.table import Column, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.config.load import Settings

    Row = dict[str, Any]

TYPE_KEYS = ("default_type", "commands.create.type")  # hold the name of an agent type


def run(world: World, arguments: Arguments) -> int:
    """Do what the verb says."""
    verb: str = arguments["verb"] or "list"
    if verb not in VERBS:
        raise _unknown_verb(verb)
    least, most, do = VERBS[verb]
    given = [one for one in (arguments["key"], arguments["value"]) if one is not None]
    if not least <= len(given) <= most:
        needs = " ".join(("KEY", "VALUE")[:most]) or "nothing more"
        raise UsageError(f"mngr config {verb} takes {needs}", hint="see: mngr help config")
    return do(world, arguments)


def _list(world: World, arguments: Arguments) -> int:
    settings = _settings(world)
    rows = [_row(entry) for entry in action.entries(settings, arguments["key"])]
    columns = (Column("KEY", rank=0), Column("VALUE", "value", text=_shown, rank=0), Column("FROM", "from", rank=2))
    emit(world, rows, human=lambda: table(world, columns, rows))
    if settings.withheld:
        world.note(_withheld_note(len(settings.withheld)))
    return 0


def _get(world: World, arguments: Arguments) -> int:
    settings = _settings(world)
    given = settings.get(arguments["key"])
    if given is None:
        raise UserError(f"{arguments['key']} is not set", hint=f"set it with: mngr config set {arguments['key']} VALUE")
    row = _row(action.Entry(arguments["key"], given, settings.origin(arguments["key"])))
    emit_one(world, row, human=lambda: [_shown(row)])
    return 0


def _set(world: World, arguments: Arguments) -> int:
    from mngr.config.change import set_value

    scope, path = _scope(world, arguments)
    if arguments["key"] in TYPE_KEYS:
        _check_type(world, arguments["key"], arguments["value"])
    given = set_value(path, arguments["key"], arguments["value"], action.mode_of(scope))
    row = {"key": arguments["key"], "value": given, "file": path}
    _done(world, row, f"{arguments['key']} = {_shown(row)} in {shortened(path, world.environ)}")
    _say_overridden(world, arguments["key"], path)
    return 0


def _check_type(world: World, key: str, text: str) -> None:
    """Check that an agent type to be set is there, here and now. Raises UsageError."""
    from mngr.config.layers import parse_value
    from mngr.fleet.configured import configured_type

    configured_type(_settings(world, say=False), str(parse_value(text, tuple(key.split(".")))))


def _unset(world: World, arguments: Arguments) -> int:
    from mngr.config.change import unset_value

    _, path = _scope(world, arguments)
    unset_value(path, arguments["key"])
    _done(world, {"key": arguments["key"], "value": None, "file": path}, f"{arguments['key']} is no longer set there")
    return 0


def _edit(world: World, arguments: Arguments) -> int:
    if not ((world.in_is_terminal and world.is_terminal) or world.environ.get("EDITOR") or world.environ.get("VISUAL")):
        raise UsageError("there is no terminal to edit on", hint="use: mngr config set KEY VALUE")
    _, path = _scope(world, arguments)
    if action.edit(path, world.environ, lambda problems: _again(world, problems)):
        return 0
    raise UserError(f"{_short(world, path)} was left as it was", hint="mngr config edit")


def _again(world: World, problems: list[UserError]) -> bool:
    """Ask whether to edit a file further in which something is wrong."""
    from mngr.output.prompts import ask, can_ask

    _say_problems(world, problems)
    answer = ask(world, "edit again? [Y/n] ") if can_ask(world) else ""
    return bool(answer) and answer.strip().lower() not in ("n", "no")


def _path(world: World, arguments: Arguments) -> int:
    """Show the config files."""
    files = action.config_files_of(world.environ, _settings(world, say=False).root)
    wanted = [file for file in files if arguments["scope"] in (None, file.scope)]
    rows = [{"scope": file.scope, "path": file.path, "exists": file.exists, "trusted": file.trusted} for file in wanted]
    columns = (
        Column("SCOPE", rank=0),
        Column("PATH", rank=0, text=lambda row: shortened(row["path"], world.environ)),
        Column("EXISTS", text=lambda row: "yes" if row["exists"] else "no"),
        Column("TRUSTED", text=lambda row: "yes" if row["trusted"] else "no"),
    )
    emit(world, rows, human=lambda: table(world, columns, rows))
    return 0


def _schema(world: World, arguments: Arguments) -> int:
    rows = [row for row in action.described() if (arguments["key"] or "") in row["key"]]
    if not rows:
        raise UsageError(f"no setting has '{arguments['key'][:60]}' in its key", hint="see: mngr config schema")
    columns = (
        Column("KEY", rank=0),
        Column("DEFAULT", text=_default, rank=4),
        Column("TYPE", rank=3),
        Column("DESCRIPTION", rank=1, least=20),
    )
    emit(world, rows, human=lambda: table(world, columns, rows))
    return 0


def _trust(world: World, _: Arguments) -> int:
    from mngr.config import trust

    settings = _settings(world)
    root = _root(settings)
    repository = trust.repository(root)
    folder = host_dir(world.environ)
    if settings.trusted or trust.is_trusted(folder, root):
        _done(world, {"repository": repository, "trusted": True}, f"{_short(world, repository)} is trusted already")
        return 0
    for one in settings.withheld:
        world.note(f"  {one.key} = {_shown({'value': one.value})}  ({shortened(one.file, world.environ)}:{one.line})")
    if not settings.withheld:
        world.note("Its config sets nothing that needs trust now; what it sets later will be used.")
    if not world.confirm(f"Trust {_short(world, repository)}? Its settings, now and later, can run commands."):
        raise UserError(f"{_short(world, repository)} is not trusted")
    trust.trust(folder, root)
    _done(world, {"repository": repository, "trusted": True}, f"{_short(world, repository)} is trusted")
    return 0


def _untrust(world: World, _: Arguments) -> int:
    from mngr.config import trust

    root = _root(_settings(world, say=False))
    repository = trust.repository(root)
    was = trust.untrust(host_dir(world.environ), root)
    said = "is no longer trusted" if was else "was not trusted"
    _done(world, {"repository": repository, "trusted": False}, f"{_short(world, repository)} {said}")
    return 0


def _settings(world: World, *, say: bool = True) -> Settings:
    settings, problems = load_lenient(world.environ, world.cwd, list(world.options.set))
    if say:
        _say_problems(world, problems)
    return settings


def _say_problems(world: World, problems: list[UserError]) -> None:
    for problem in problems:
        world.warn(problem.message + (f" ({problem.hint})" if problem.hint else ""))


def _scope(world: World, arguments: Arguments) -> tuple[str, str]:
    scope = arguments["scope"] or "user"
    return scope, action.file_of(world.environ, _settings(world, say=False).root, scope)


def _root(settings: Settings) -> str:
    if settings.root is None:
        raise UsageError("there is no project here", hint="go to the repository first")
    return settings.root


def _say_overridden(world: World, key: str, path: str) -> None:
    """Say so when another layer's value is the one in force, or the new one waits for trust."""
    settings = _settings(world, say=False)
    if any(one.key == key and one.file == path for one in settings.withheld):
        world.note(_withheld_note(1))
        return
    origin = settings.origin(key.removesuffix("__extend"))
    if origin.where not in (None, path):
        world.note(f"note: what is set in {origin} goes before it")


def _withheld_note(count: int) -> str:
    what = "1 setting of this repository is" if count == 1 else f"{count} settings of this repository are"
    return f"note: {what} not used until you trust it: mngr config trust"


def _done(world: World, row: Row, line: str) -> None:
    emit_one(world, row, human=lambda: [] if world.options.quiet else [line])


def _row(entry: action.Entry) -> Row:
    origin = entry.origin
    return {
        "key": entry.key,
        "value": entry.value,
        "layer": origin.layer,
        "where": origin.where,
        "line": origin.line,
        "from": str(origin),
    }


def _shown(row: Row) -> str:
    given = row["value"]
    if isinstance(given, str):
        return given
    from mngr.output.structured import to_json

    return to_json(given)


def _default(row: Row) -> str:
    return "" if row["default"] is None else _shown({"value": row["default"]})


def _short(world: World, path: str) -> str:
    return shortened(path, world.environ)


def _unknown_verb(verb: str) -> UsageError:
    from mngr.model.names import nearest, shown

    found = nearest(verb, VERBS, 1)
    hint = f"did you mean mngr config {found[0]}?" if found else f"use one of: {', '.join(VERBS)}"
    return UsageError(f"{shown(verb)} is nothing that config can do", hint)


VERBS: dict[str, tuple[int, int, Callable[[World, Arguments], int]]] = {  # fewest and most words after it
    "list": (0, 1, _list),
    "get": (1, 1, _get),
    "set": (2, 2, _set),
    "unset": (1, 1, _unset),
    "edit": (0, 0, _edit),
    "path": (0, 0, _path),
    "schema": (0, 1, _schema),
    "trust": (0, 0, _trust),
    "untrust": (0, 0, _untrust),
}

COMMAND = Command(
    name="config",
    summary="Show and change settings",
    run=run,
    arguments=(
        Argument("VERB", "list, get, set, unset, edit, path, schema, trust or untrust", complete="config-verb"),
        Argument("KEY", "a setting, such as logs.keep_days", complete="setting"),
        Argument("VALUE", "its new value: as in TOML, or plain text"),
    ),
    options=(
        Option(
            ("--scope",),
            "which file: yours, the project's (committed), or yours for this project (default: user)",
            metavar="SCOPE",
            kind="choice",
            choices=action.SCOPES,
        ),
    ),
    examples=(
        ("mngr config list", "all settings in force, and where each comes from"),
        ("mngr config set default_type shell", "the agent type of create when none is named"),
        ("mngr config set commands.create.label '[\"team=web\"]' --scope project", "a default for all of the project"),
        ("mngr config get logs.keep_days", "one value"),
        ("mngr config schema", "every setting there is"),
        ("mngr config trust", "let this repository's own config run commands"),
    ),
    about=(
        "Settings come from your file, the project's .mngr/config.toml and .mngr/config.local.toml, MNGR__SECTION__KEY "
        "variables and -S; the later goes before the earlier. A repository's own config is used in full only after "
        "`mngr config trust`."
    ),
)
