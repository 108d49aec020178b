"""Conversations that an agent carries on: one that was begun without mngr, or the copy of another agent's.

What differs between programs is a shell script of each agent type, `takeover.sh`, run with the user's own settings:

    find SESSION                          `found ID WHERE` for each that it names, `live ID PID` for one in use
    adopt STATE WORKSPACE WHERE           copies it; says `ID FILE`
    clone STATE WORKSPACE SOURCE NEW      copies that of the agent with the state folder SOURCE, under the new
                                          UUID where the program allows; says `ID FILE OLD_ID`, or nothing if none
"""

from __future__ import annotations

from mngr.hosts.records import change
from mngr.model.errors import CommandError, UserError
from mngr.model.value import value
from mngr.transports.piped import pour
from mngr.transports.quoting import fill_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.model.conversation import Program
    from mngr.transports.host import Host


@value
class Takeover:
    """What is carried on: the conversation at a place of the program's own, or that of another agent."""

    where: str | None = None
    agent: str | None = None  # the other agent's id
    host: Host | None = None  # where that is, if on another host


@value
class Session:
    """A conversation that was begun without mngr. `process` has it open, when that can be seen."""

    id: str
    where: str
    process: str | None = None


def find(host: Host, program: Program, session: str, path: str) -> list[Session]:
    """Return the conversations of a program, which is on this PATH, that an id, or its beginning, names."""
    lines = _script(host, program, path, ["find", session]).splitlines()
    said = [line.split(" ", 2) for line in lines]
    live = {words[1]: words[2] for words in said if words[0] == "live" and len(words) == 3}
    found = {words[1]: words[2] for words in said if words[0] == "found" and len(words) == 3}
    return [Session(id, where, live.get(id)) for id, where in found.items()]


def take_over(host: Host, record: AgentRecord, program: Program, wanted: Takeover, path: str) -> dict[str, Any]:
    """Copy a conversation into an agent's folder, so that its first start carries it on; return what to remember.

    `path` is the agent's own PATH.
    """
    state, workspace = host.paths.agent(record.id), record.workspace.folder
    if wanted.agent is None:
        said = _script(host, program, path, ["adopt", state, workspace, wanted.where or ""]).strip()
    elif wanted.host is None:
        words = ["clone", state, workspace, host.paths.agent(wanted.agent), _new_uuid()]
        said = _script(host, program, path, words).strip()
    else:
        place = f"{state}/cloned"
        try:
            _bring(wanted.host, wanted.agent, host, place)
            words = ["clone", state, workspace, f"{place}/{wanted.agent}", _new_uuid()]
            said = _script(host, program, path, words).strip()
        finally:
            host.run(["rm", "-rf", "--", place], check=False)
    if not said:
        return {}  # nothing was said yet
    id, _, rest = said.partition(" ")
    file, _, old = rest.rpartition(" ") if wanted.agent is not None else (rest, "", "")
    line = f"{_seconds(record.created_at)} {id} {file}\n".encode("utf-8", "surrogateescape")
    change(host, record.id, fill_file("conversations", line))
    if wanted.agent is None:
        return {"adopted": id}
    return {"cloned_from": {"agent": wanted.agent, "conversation": old}}


def _bring(source: Host, agent_id: str, host: Host, place: str) -> None:
    """Bring what is written down of an agent from another host, but for what is secret."""
    unpack = ["sh", "-c", 'umask 077 && mkdir -p "$0" && exec tar -xof - -C "$0"', place]
    left = ["--exclude=env", "--exclude=screen", "--exclude=*.lock"]
    pack = ["tar", "-C", source.paths.agents, *left, "-cf", "-", "--", agent_id]
    with host.spawn(unpack) as sink, source.spawn(pack) as packed:
        sent, complaint = pour(packed, sink)
        # 1 is that a file changed while it was read: the program may be writing.
        if sent.code not in (0, 1) or complaint is not None:
            raise CommandError(f"the conversation could not be brought: {complaint or sent.complaint}", sent)


def _script(host: Host, program: Program, path: str, words: list[str]) -> str:
    if not program.takeover:
        raise UserError(f"mngr cannot carry on conversations of {program.command}")
    script = ["hosts/own.sh", host.script_text(program.takeover), program.command, f"{host.paths.folder}/programs"]
    # Where we are let in without a login shell, our PATH there is not the user's.
    search = ["sh", "-c", 'PATH=${0:+$0:}$PATH; export PATH; exec "$@"', path]
    result = host.run([*search, *host.script_command([*script, *words])], check=False)
    if result.code != 0:
        raise CommandError(f"the conversation could not be read: {result.complaint}", result)
    return result.text


def _seconds(created_at: str) -> int:
    from mngr.model.times import from_iso

    return int(from_iso(created_at))


def _new_uuid() -> str:
    """Return a random UUID, version 4."""
    import os

    random = bytearray(os.urandom(16))
    random[6], random[8] = random[6] & 0x0F | 0x40, random[8] & 0x3F | 0x80
    digits = random.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
