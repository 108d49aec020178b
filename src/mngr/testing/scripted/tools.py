"""From a step to a call of the client's own tools, by what the client offers."""

from __future__ import annotations

import json
from collections.abc import Callable

from mngr.model.data import is_list, is_table
from mngr.transports.quoting import join, quote

from .conversation import Answer, Asked, Call, Data, Tool, table, tables
from .script import Scene

SHELLS = ("Bash", "exec_command", "bash", "shell_command", "shell")
WRITERS = ("Write", "write")
QUESTIONS = ("AskUserQuestion", "question", "request_user_input")
AGENTS = ("Agent", "Task", "task", "spawn_agent")
WHY = "the script wants it"


def answer(asked: Asked, scene: Scene) -> Answer:
    """Return the answer that plays a scene; when it cannot, for want of a tool, the answer says so."""
    text, call = scene.text, None
    if scene.verb in _CALLS:
        call = _CALLS[scene.verb](asked, scene.text)
        text = "" if call else f"cannot be played here: {scene.verb} {scene.text}"
    if scene.verb == "drop":
        text = "This answer breaks off before its end."
    return Answer(text, call, scene.thought, scene.usage, scene.slow_seconds, asked.model)


def helper(asked: Asked) -> Answer:
    """Return a short answer for the client itself: a title, a topic; as JSON where it names a schema."""
    text = "A short answer" if not asked.schema else json.dumps(_example(asked.schema))
    return Answer(text, model=asked.model)


def _run(asked: Asked, command: str) -> Call | None:
    return _shell(asked, command, {})


def _perm(asked: Asked, command: str) -> Call | None:
    # Claude and Codex know commands that need no asking; what a shell is told to do they do not look into.
    command = command if "bash" in asked.tools else join(["sh", "-c", command])
    return _shell(asked, command, {"sandbox_permissions": "require_escalated", "with_escalated_permissions": True})


def _shell(asked: Asked, command: str, wishes: Data) -> Call | None:
    tool = _first(asked, SHELLS)
    if tool is None:
        return None
    taken = _properties(tool)
    name = "cmd" if "cmd" in taken else "command"
    takes_words = table(taken, name).get("type") == "array"
    wishes = {key: wish for key, wish in wishes.items() if key in taken}
    if wishes:
        wishes["justification"] = WHY
    return Call(tool, _filled(tool, {name: ["sh", "-c", command] if takes_words else command, **wishes}))


def _write(asked: Asked, text: str) -> Call | None:
    path, _, content = text.partition(" ")
    content = _lines(content)
    tool = _first(asked, WRITERS)
    if tool is None:
        return _shell(asked, f"printf %s {quote(content)} >{quote(path)}", {})
    name = "filePath" if "filePath" in _properties(tool) else "file_path"
    return Call(tool, _filled(tool, {name: path, "content": content}))


def _ask(asked: Asked, text: str) -> Call | None:
    question, *choices = (part.strip() for part in text.split("|"))
    options = [{"label": choice, "description": choice} for choice in choices or ["yes", "no"]]
    each = {"question": question, "header": question[:12], "options": options}
    tool = _first(asked, QUESTIONS)
    if tool is None:
        return None
    extra = {"AskUserQuestion": {"multiSelect": False}, "request_user_input": {"id": "question"}}.get(tool.name, {})
    return Call(tool, {"questions": [{**each, **extra}]})


def _agent(asked: Asked, text: str) -> Call | None:
    tool = _first(asked, AGENTS)
    if tool is None:
        return None
    prompt = _lines(text)
    given: Data = {"description": "a task", "prompt": prompt, "message": prompt, "task_name": "task"}
    given["subagent_type"] = "general-purpose" if tool.name in ("Agent", "Task") else "general"
    taken = _properties(tool)
    return Call(tool, _filled(tool, {name: gift for name, gift in given.items() if name in taken}))


def _any(asked: Asked, text: str) -> Call | None:
    name, _, written = text.partition(" ")
    tool = asked.tools.get(name)
    if tool is None:
        return None
    if tool.is_freeform:
        return Call(tool, {"input": _lines(written)})
    try:
        arguments: object = json.loads(written or "{}")
    except ValueError:
        return None
    return Call(tool, arguments) if is_table(arguments) else None


def _first(asked: Asked, names: tuple[str, ...]) -> Tool | None:
    return next((asked.tools[name] for name in names if name in asked.tools), None)


def _properties(tool: Tool) -> Data:
    return table(tool.parameters, "properties")


def _filled(tool: Tool, given: Data) -> Data:
    """Return the arguments, with examples for what else the tool requires."""
    required = tool.parameters.get("required")
    missing: list[str] = [name for name in required if name not in given] if is_list(required) else []
    return given | {name: _example(table(_properties(tool), name), WHY) for name in missing}


def _lines(text: str) -> str:
    return text.replace("\\n", "\n")


def _example(schema: Data, text: str = "A short answer") -> object:
    r"""Return something that meets a JSON schema, as far as clients go with theirs."""
    if "const" in schema:
        return schema["const"]
    if is_list(choices := schema.get("enum")) and choices:
        return choices[0]
    if either := tables(schema, "anyOf") or tables(schema, "oneOf"):
        return _example(either[0], text)
    kind: object = schema.get("type")
    kind = kind[0] if is_list(kind) and kind else kind
    if kind == "object":
        properties = table(schema, "properties")
        return {name: _example(table(properties, name), text) for name in properties}
    return _EMPTY.get(str(kind), text)


_EMPTY: Data = {"array": [], "boolean": False, "integer": 0, "number": 0, "null": None}

_CALLS: dict[str, Callable[[Asked, str], Call | None]] = {
    "run": _run,
    "perm": _perm,
    "write": _write,
    "ask": _ask,
    "agent": _agent,
    "tool": _any,
}
