"""Every setting: its key, what it takes, its default and its meaning."""

from __future__ import annotations

from mngr.model.data import is_list, is_table
from mngr.model.names import is_name
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

EXTEND = "__extend"
ANY = "*"  # in a key: a name that the user chooses
LARGEST = 2**63 - 1
DEEPEST = 8  # tables within tables

KINDS = {
    "text": "a text",
    "name": "a name (lower-case letters, digits and inner hyphens)",
    "int": "a whole number",
    "number": "a number",
    "bool": "true or false",
    "texts": "a list of texts",
    "command": "a list of words, or a text that is run by sh -c",
    "env": "a table of texts",
    "free": "a text, a number, true, false, a list of these, or a table",
}
TYPES = {
    "text": "text",
    "name": "name",
    "int": "whole number",
    "number": "number",
    "bool": "true or false",
    "texts": "list",
    "command": "list or text",
    "env": "table",
    "free": "any",
}


@value
class Setting:
    """One setting. `key` is dotted, `*` standing for a name that the user chooses; `least` is its smallest number.

    A `shared` setting is also taken from a repository that the user has not trusted; a `personal` one from no
    repository's own config, trusted or not.
    """

    key: str
    kind: str
    default: Any
    meaning: str
    least: float = 0
    shared: bool = False
    personal: bool = False
    example: str = ""


# What an untrusted repository may set: what only changes names and looks. Everything else is withheld, because it
# - runs something: project.setup, agent_types, providers, default_type (it picks the program), most options;
# - reads or carries away the user's files and secrets: create's env_file, pass_env, upload_file, include_ignored
#   (.env files), branch (it could hand a stash or an unpushed branch to an agent), from, host, provider;
# - or destroys: keep_days = 0 forgets what could be restored, grace_seconds = 0 kills without warning.
SHARED_OPTIONS = frozenset({"label", "project"})  # of commands.create and of templates: texts that are only shown

LIST_FIELDS = ("name", "state", "state_since", "type", "host.name", "host.provider", "host.state", "project", "branch")

SETTINGS: tuple[Setting, ...] = (
    Setting("default_type", "name", None, "The agent type that `create` uses when none is named.", example='"shell"'),
    Setting(
        "trust",
        "bool",
        default=False,
        meaning="Whether agents' programs are told that you trust what their workspaces are made from.",
        personal=True,
        example="true",
    ),
    Setting("project.name", "text", None, "The project's name; else its folder's.", shared=True, example='"shop"'),
    Setting(
        "project.setup",
        "text",
        None,
        "A shell command that is run once in each fresh workspace.",
        example='"make deps"',
    ),
    Setting(
        "provision.timeout_seconds",
        "number",
        3600,
        "How long a command that sets up a workspace may take.",
        least=0.1,
        example="600",
    ),
    Setting("list.fields", "texts", LIST_FIELDS, "The columns of `list`.", shared=True, example='["name", "state"]'),
    Setting("list.sort", "text", "name", "The field that `list` sorts by.", shared=True, example='"created_at"'),
    Setting(
        "watch.interval_seconds", "number", 1, "How often `--watch` looks again.", least=0.1, shared=True, example="2.5"
    ),
    Setting("stop.grace_seconds", "number", 5, "How long a program has to end before it is killed.", example="10"),
    Setting("logs.keep_days", "number", 14, "How long logs of runs are kept.", example="30"),
    Setting("destroyed.keep_days", "number", 30, "How long what was destroyed can be restored.", example="90"),
    Setting("tmux.history_limit", "int", 50000, "How many lines an agent's session remembers.", example="10000"),
    Setting("prices.*.input", "number", None, "US dollars for a million tokens that go into a model.", example="2.5"),
    Setting("prices.*.output", "number", None, "The same for tokens that come out of it.", example="10"),
    Setting(
        "prices.*.cache_read", "number", None, "The same for tokens from its cache; else as input.", example="0.25"
    ),
    Setting("prices.*.cache_write", "number", None, "The same for tokens to its cache; else as input.", example="3"),
    Setting("commands.*.*", "free", None, "A default of a command's option, by its long name.", example='"worktree"'),
    Setting("templates.*.*", "free", None, "An option of `create`, preset under a name.", example='"docker"'),
    Setting("agent_types.*.parent", "name", None, "The agent type it is built upon.", example='"command"'),
    Setting("agent_types.*.command", "command", None, "The program to start.", example='["aider", "--yes"]'),
    Setting("agent_types.*.args", "texts", None, "Words that are added to the command.", example='["--verbose"]'),
    Setting("agent_types.*.env", "env", None, "Its environment variables.", example='{ EDITOR = "true" }'),
    Setting(
        "agent_types.*.version",
        "text",
        None,
        "The version of its program: that one is installed and used, whatever else there is.",
        example='"2.1.329"',
    ),
    Setting(
        "agent_types.*.package",
        "text",
        None,
        "What npm installs its program from: a package, or a file or URL with all of it.",
        example='"file:/opt/packages/claude-code.tgz"',
    ),
    Setting("agent_types.*.description", "text", None, "What it is, in one line.", example='"Aider, in a loop"'),
    Setting("providers.*.backend", "name", None, "What makes its hosts; else its own name.", example='"docker"'),
    Setting("providers.*.enabled", "bool", default=True, meaning="Whether it is asked for hosts.", example="false"),
    Setting("providers.*.*", "free", None, "What its backend takes.", example='"ssh://build.example"'),
)


def tree() -> dict[str, Any]:
    """Return the settings as nested tables: by the parts of their keys, settings as leaves."""
    root: dict[str, Any] = {}
    for setting in SETTINGS:
        *parents, last = setting.key.split(".")
        table = root
        for part in parents:
            table = table.setdefault(part, {})
        table[last] = setting
    return root


def default_of(setting: Setting) -> Any:
    """Return a setting's default value, lists fresh."""
    if setting.default is LIST_FIELDS:
        return list(LIST_FIELDS)
    return setting.default


def defaults() -> dict[str, Any]:
    """Return the default values as nested tables, lists fresh."""
    root: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.default is not None and ANY not in setting.key:
            section, _, name = setting.key.rpartition(".")
            (root.setdefault(section, {}) if section else root)[name] = default_of(setting)
    return root


def find(parts: tuple[str, ...]) -> Setting | None:
    """Return the setting that a key belongs to: itself, or the table of it that the key lies in."""
    node: Any = tree()
    for part in parts:
        node = node.get(part) or node.get(ANY)
        if node is None or isinstance(node, Setting):
            return node
    return None


def is_shared(parts: tuple[str, ...]) -> bool:
    """Tell whether a setting is taken from a repository that is not trusted."""
    if parts[:2] == ("commands", "create") or parts[0] == "templates":
        return len(parts) > 2 and parts[2] in SHARED_OPTIONS
    setting = find(parts)
    return setting is not None and setting.shared


def refusal(setting: Setting, given: Any) -> str | None:
    """Return what a setting needs when the value given is not that, else None."""
    if not _CHECKS[setting.kind](given):
        return f"must be {KINDS[setting.kind]}"
    if setting.kind in ("int", "number") and not setting.least <= given <= LARGEST:
        return f"must be {setting.least} or more" if given < setting.least else "is too large"
    return None


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and "\0" not in given and (given.isascii() or _is_unicode(given))


def _is_unicode(given: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in given)


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and given == given


def _is_texts(given: Any) -> bool:
    return is_list(given) and all(map(_is_text, given))


def _is_command(given: Any) -> bool:
    return (_is_text(given) and bool(given.strip())) or (_is_texts(given) and bool(given) and bool(given[0]))


def _is_env(given: Any) -> bool:
    return is_table(given) and all(
        key and _is_text(key) and "=" not in key and _is_text(item) for key, item in given.items()
    )


def _is_scalar(given: Any) -> bool:
    if isinstance(given, int) and not isinstance(given, bool):
        return -LARGEST <= given <= LARGEST
    return isinstance(given, bool | float) or _is_text(given)


def _is_free(given: Any, depth: int = 0) -> bool:
    if is_table(given):
        return depth < DEEPEST and all(_is_text(key) and _is_free(item, depth + 1) for key, item in given.items())
    return all(map(_is_scalar, given)) if is_list(given) else _is_scalar(given)


def _is_name(given: Any) -> bool:
    return isinstance(given, str) and is_name(given)


def _is_int(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _is_bool(given: Any) -> bool:
    return isinstance(given, bool)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "name": _is_name,
    "int": _is_int,
    "number": _is_number,
    "bool": _is_bool,
    "texts": _is_texts,
    "command": _is_command,
    "env": _is_env,
    "free": _is_free,
}
