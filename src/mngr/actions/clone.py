"""Make another agent of an agent: its files, its branch, and its conversation up to now."""

from __future__ import annotations

from mngr.actions.create import NewAgent
from mngr.actions.provision import program_of
from mngr.fleet.program import conversational
from mngr.hosts.environment import environment_of
from mngr.hosts.programs import look, path_for
from mngr.hosts.takeover import Takeover
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.sync.job import WorkspaceWish
    from mngr.transports.host import Host

OF_ONE_AGENT = ("adopted", "cloned_from", "ports")  # what is the source's alone: its conversation, its ports


def clone_of(fleet: Fleet, source: Agent, wish: WorkspaceWish, host: Host) -> NewAgent:
    """Return the agent that is wished when a clone is: like its source, which is only looked at and may run on.

    On another host it gets the user's environment there, and what the source was given besides.
    """
    record = source.record
    kind = conversational(fleet, record)
    away = host.address != source.host.address
    environment = environment_of(source.host, record)
    program = program_of(fleet, source) if not away else None
    if away:
        environment = _elsewhere(fleet, source, host, environment)
        if kind is not None:
            program = look(host, [kind.program], environment.get("PATH", ""))[0]
            environment["PATH"] = path_for(host, kind.program, environment.get("PATH", ""))
    return NewAgent(
        host=host,
        source_host=source.host,
        type=record.type,
        base=record.options.get("base", record.type),
        command=record.command,
        wish=replace(wish, source=record.workspace.folder),
        project=record.project,
        labels=record.labels,
        environment=environment,
        windows=record.windows,
        trusted=record.options.get("trusted") is True,
        program=program,
        conversation=None if kind is None else Takeover(agent=record.id, host=source.host if away else None),
        options={key: given for key, given in record.options.items() if key not in OF_ONE_AGENT},
    )


def _elsewhere(fleet: Fleet, source: Agent, host: Host, given: dict[str, str]) -> dict[str, str]:
    """Return an agent's environment as it is on another host: what is of its own host stays there."""
    theirs, ours = fleet.places.environ_on(source.host), fleet.places.environ_on(host)
    own = source.host.paths.folder
    kept = {name: text for name, text in given.items() if theirs.get(name) != text and own not in text}
    base = {name: ours[name] for name in given if name in ours and name not in kept}
    return {**base, **kept}
