"""mngr snapshot."""

from __future__ import annotations

from mngr.cli.complain import complain
from mngr.cli.spec import Argument, Command, Option
from mngr.cli.targets import worst
from mngr.model.errors import UsageError, UserError
from mngr.model.names import parse_address, shown
from mngr.model.times import short_duration
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.model.host import Snapshot
    from mngr.transports.host import Host

    Row = dict[str, Any]

VERBS = ("create", "list", "destroy")
FIELDS = ("id", "name", "host", "provider", "created_at", "size_bytes", "result", "error", "hint", "exit_code")


def run(world: World, arguments: Arguments) -> int:
    """Save whole hosts, show what was saved, or remove it."""
    verb = arguments["verb"] or "list"
    if verb != "create" and arguments["name"] is not None:
        raise UsageError("--name is for what is created", hint="mngr snapshot create @HOST --name NAME")
    if verb == "list":
        return _list(world, arguments["which"])
    if not arguments["which"]:
        what = "an agent, or a host as @HOST" if verb == "create" else "a snapshot: mngr snapshot list"
        raise UsageError(f"nothing was named to {verb}", hint=f"name {what}")
    return (_create if verb == "create" else _destroy)(world, arguments)


def _create(world: World, arguments: Arguments) -> int:
    from mngr.actions.snapshot import short_id, take
    from mngr.output.progress import Progress

    rows: list[Row] = []
    lines: list[str] = []
    errors: list[UserError] = []
    done: set[str] = set()
    for word in dict.fromkeys(arguments["which"]):
        try:
            host = _host(world, word)
            if host.address in done:
                continue
            done.add(host.address)
            if arguments["dry_run"]:
                rows.append({"host": host.name, "provider": host.provider, "result": "would create"})
                lines.append(f"would save @{host.address}")
                continue
            with Progress(world) as progress:
                progress.step("snapshot")
                snapshot = take(world.fleet, host, arguments["name"])
            rows.append({**_row(snapshot), "result": "created"})
            lines.append(f"saved @{host.address} as {short_id(snapshot)}")
        except UserError as error:
            rows.append(_failed(word, error))
            errors.append(error)
    return _told(world, rows, lines, errors)


def _host(world: World, word: str) -> Host:
    if not word.startswith("@"):
        return world.fleet.find(word).host
    address = parse_address(word)
    return world.fleet.host(address.host, address.provider)


def _list(world: World, words: list[str]) -> int:
    from mngr.actions.snapshot import saved, short_id

    found, problems = saved(world.fleet.places)
    for problem in problems:
        world.warn(problem)
    if words:
        wanted = [_place(world, word) for word in words]
        found = [
            each
            for each in found
            if any(host in (None, each.host) and provider in (None, each.provider) for host, provider in wanted)
        ]
    rows = [_row(each) for each in found]

    def human() -> list[str]:
        from mngr.cli.columns import seconds_of
        from mngr.output.table import Column, table

        columns = [
            Column("ID", rank=0, text=lambda row: row["short_id"]),
            Column("NAME", "name", rank=2),
            Column("HOST", "host", rank=0),
            Column("PROVIDER", "provider", rank=3),
            Column("AGE", rank=0, text=lambda row: short_duration(world.now() - seconds_of(row["created_at"]))),
            Column("SIZE", rank=1, right=True, text=lambda row: _size(row["size_bytes"])),
        ]
        return table(
            world, columns, [{**row, "short_id": short_id(each)} for row, each in zip(rows, found, strict=True)]
        )

    if not rows and world.options.format == "human":
        world.note("no snapshots; make one: mngr snapshot create @HOST")
        return 0
    emit(world, rows, human=human, fields=FIELDS)
    return 0


def _place(world: World, word: str) -> tuple[str | None, str | None]:
    """Return the name and provider of a host, which may have gone."""
    if word.startswith("@"):
        address = parse_address(word)
        return address.host, address.provider
    host = world.fleet.find(word).host
    return host.name, host.provider


def _destroy(world: World, arguments: Arguments) -> int:
    from mngr.actions.snapshot import choose, forget, saved, short_id

    known, problems = saved(world.fleet.places)
    for problem in problems:
        world.warn(problem)
    rows: list[Row] = []
    lines: list[str] = []
    errors: list[UserError] = []
    chosen: dict[str, Snapshot] = {}
    for word in arguments["which"]:
        try:
            snapshot = choose(known, word)
            chosen[snapshot.id] = snapshot
        except UserError as error:
            rows.append(_failed(word, error))
            errors.append(error)
    if chosen and not arguments["dry_run"]:
        names = ", ".join(f"{short_id(each)} of {each.host}" for each in chosen.values())
        if not world.confirm(f"remove {names}? What only it holds is gone then."):
            world.note("nothing was removed")
            return worst([error.exit_code for error in errors])
    for snapshot in chosen.values():
        result = "would destroy" if arguments["dry_run"] else "destroyed"
        try:
            if not arguments["dry_run"]:
                forget(world.fleet, snapshot)
            rows.append({**_row(snapshot), "result": result})
            lines.append(f"{result} {short_id(snapshot)}" + (f" ({snapshot.name})" if snapshot.name else ""))
        except UserError as error:
            rows.append({**_row(snapshot), **_failed(snapshot.id, error)})
            errors.append(error)
    return _told(world, rows, lines, errors)


def _told(world: World, rows: list[Row], lines: list[str], errors: list[UserError]) -> int:
    from mngr.output.style import clean

    emit(world, rows, human=lambda: [clean(line) for line in lines], fields=FIELDS)
    world.stdout.flush()
    for error in errors:
        complain(world, error)
    return worst([error.exit_code for error in errors])


def _row(snapshot: Snapshot) -> Row:
    return {
        "id": snapshot.id,
        "name": snapshot.name,
        "host": snapshot.host,
        "provider": snapshot.provider,
        "created_at": snapshot.created_at,
        "size_bytes": snapshot.size_bytes,
    }


def _failed(word: str, error: UserError) -> Row:
    return {"id": shown(word), "error": error.message, "hint": error.hint, "exit_code": error.exit_code}


def _size(count: int | None) -> str:
    if count is None:
        return ""
    for unit, digits in (("B", 0), ("kB", 0), ("MB", 0)):
        if count < 1000:
            return f"{count:.{digits}f} {unit}"
        count //= 1000
    return f"{count} GB"


COMMAND = Command(
    name="snapshot",
    summary="Save whole hosts, from which new ones can start",
    run=run,
    fields=FIELDS,
    arguments=(
        Argument("VERB", "create, list or destroy", choices=VERBS),
        Argument(
            "WHICH",
            "create, list: agents, whose hosts are meant, or hosts as @HOST; destroy: ids, names of snapshots",
            many=True,
            complete="target",
        ),
    ),
    options=(
        Option(("--name",), "a name for what is created", "NAME"),
        Option(("--dry-run", "-n"), "say what would be saved or removed, and do nothing"),
    ),
    examples=(
        ("mngr snapshot create @happy-fox.docker --name before-upgrade", "save a host with all that is on it"),
        ("mngr snapshot create fix-tests --format '{id}'", "the host of an agent; prints the id alone"),
        ("mngr snapshot list", "what was saved, its age and size"),
        ("mngr create again@.docker --snapshot before-upgrade", "a new host from it"),
        ("mngr snapshot destroy before-upgrade", "remove it"),
    ),
    about=(
        "A snapshot holds the files of a whole host: its agents with their workspaces and conversations, and all that "
        "is installed, secrets included. What runs there is halted for the moment. Volumes are not part of it.\n\n"
        "A host that is made from one has its own id and keys. The saved host's agents are there, stopped: mngr start "
        "NAME@HOST carries one on. Limits of its network, its user and its idle settings are those of the saved host, "
        "unless you say others.\n\n"
        "Only hosts that mngr made can be saved: of docker, not of local and ssh."
    ),
)
