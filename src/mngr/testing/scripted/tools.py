"""From a step to a call of the client's own tools, by what the client offers."""

from __future__ import annotations

import json
from collections.abc import Callable

from mngr.transports.quoting import join, quote

from .conversation import Answer, Asked, Call, Data, Tool
from .script import Scene

SHELLS = ("Bash", "exec_command", "bash", "shell_command", "shell")
WRITERS = ("Write", "write")
QUESTIONS = ("AskUserQuestion", "question", "request_user_input")
AGENTS = ("Agent", "Task", "task", "spawn_agent")
WHY = "the script wants it"


def answer(asked: Asked, scene: Scene) -> Answer:
    """Return the answer that plays a scene; when the client offers no tool for it, the answer says so."""
    text, call = scene.text, None
    if scene.verb in _CALLS:
        call = _CALLS[scene.verb](asked, scene.text)
        text = "" if call else f"no tool is offered for: {scene.verb} {scene.text}"
    if scene.verb == "drop":
        text = "This answer breaks off before its end."
    return Answer(text, call, scene.thought, scene.usage, scene.slow_seconds, asked.model)


def helper(asked: Asked) -> Answer:
    """Return a short answer for the client itself: a title, a topic; as JSON where it names a schema."""
    text = "A short answer" if asked.schema is None else json.dumps(_example(asked.schema))
    return Answer(text, model=asked.model)


def _run(asked: Asked, command: str) -> Call | None:
    return _shell(asked, command, {})


def _perm(asked: Asked, command: str) -> Call | None:
    # Claude asks for no command that it knows to be harmless; of what a shell is told to do it knows nothing.
    command = join(["sh", "-c", command]) if "Bash" in asked.tools else command
    return _shell(asked, command, {"sandbox_permissions": "require_escalated", "with_escalated_permissions": True})


def _shell(asked: Asked, command: str, wishes: Data) -> Call | None:
    tool = _first(asked, SHELLS)
    if tool is None:
        return None
    taken = _properties(tool)
    name = "cmd" if "cmd" in taken else "command"
    is_list = taken.get(name, {}).get("type") == "array"
    wishes = {key: wish for key, wish in wishes.items() if key in taken}
    if wishes:
        wishes["justification"] = WHY
    return Call(tool, _filled(tool, {name: ["sh", "-c", command] if is_list else command, **wishes}))


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
    return Call(tool, json.loads(written or "{}"))


def _first(asked: Asked, names: tuple[str, ...]) -> Tool | None:
    return next((asked.tools[name] for name in names if name in asked.tools), None)


def _properties(tool: Tool) -> Data:
    return tool.parameters.get("properties") or {}


def _filled(tool: Tool, given: Data) -> Data:
    """Return the arguments, with examples for what else the tool requires."""
    required = [name for name in tool.parameters.get("required") or [] if name not in given]
    return given | {name: _example(_properties(tool).get(name, {}), WHY) for name in required}


def _lines(text: str) -> str:
    return text.replace("\\n", "\n")


def _example(schema: Data, text: str = "A short answer") -> object:
    r"""Return something that meets a JSON schema, as far as clients go with theirs."""
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    for choice in schema.get("anyOf") or schema.get("oneOf") or []:
        return _example(choice, text)
    properties: dict[str, Data] = schema.get("properties") or {}
    kinds: dict[object, object] = {"array": [], "boolean": False, "integer": 0, "number": 0, "null": None}
    if properties or schema.get("type") == "object":
        return {name: _example(each, text) for name, each in properties.items()}
    kind = schema.get("type")
    return kinds.get(kind[0] if isinstance(kind, list) else kind, text)


_CALLS: dict[str, Callable[[Asked, str], Call | None]] = {
    "run": _run,
    "perm": _perm,
    "write": _write,
    "ask": _ask,
    "agent": _agent,
    "tool": _any,
}
