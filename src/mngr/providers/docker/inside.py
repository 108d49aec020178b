"""Files of a container, whether it runs or not: taken out of it, and put into it."""

from __future__ import annotations

import io

from mngr.model.errors import CommandError, UserError
from mngr.model.value import value
from mngr.providers.docker.keys import PLACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.providers.docker.containers import Container
    from mngr.providers.docker.engine import Engine

BOOT = "boot"  # whether it is to be started with its engine: while it is stopped, the engine must not know
LARGEST, LARGEST_PASSWD = 1 << 16, 1 << 20


@value
class Account:
    """A user of a container."""

    name: str
    uid: int
    gid: int
    home: str


ROOT = Account("root", 0, 0, "/root")


def account(engine: Engine, container: Container, user: str) -> Account:
    """Return a user of a container by name or number, as its own user database has it. Raises UserError."""
    if user in ("root", "0"):
        return ROOT
    for line in take(engine, container, "/etc/passwd", LARGEST_PASSWD).decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if len(fields) == 7 and user in (fields[0], fields[2]) and fields[2].isdecimal() and fields[3].isdecimal():
            return Account(fields[0], int(fields[2]), int(fields[3]), fields[5].rstrip("/") or "/")
    raise UserError(f"the image has no user '{user}'", hint="add one to its Dockerfile: RUN useradd -m -p '*' NAME")


def starts_on_boot(engine: Engine, container: Container) -> bool:
    """Tell whether the engine is to start a container again by itself."""
    return take(engine, container, f"{PLACE}/{BOOT}").strip() == b"yes"


def start_on_boot(engine: Engine, container: Container, *, wanted: bool) -> None:
    """Write down whether the engine is to start a container again by itself."""
    put(engine, container, {BOOT: b"yes\n" if wanted else b"no\n"})


def take(engine: Engine, container: Container, path: str, most: int = LARGEST) -> bytes:
    """Return a file of a container. Raises CommandError."""
    import tarfile

    packed = engine.run("cp", f"{container.id}:{path}", "-").out
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for entry in archive:
            file = archive.extractfile(entry) if entry.isreg() and entry.size <= most else None
            if file is not None:
                return file.read()
    raise CommandError(f"{path} of {container.name} is no file that can be read")


def put(engine: Engine, container: Container, files: dict[str, bytes], owner: Account = ROOT) -> None:
    """Put files into the place for them in a container. They are root's but for the host key, which is for its owner.

    sshd reads that as the user that it runs as, and wants nobody else to.
    """
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folder = tarfile.TarInfo(PLACE.lstrip("/"))
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{folder.name}/{name}")
            entry.size, entry.mode = len(content), 0o644
            if name == "host_key":
                entry.mode, entry.uid, entry.gid = 0o600, owner.uid, owner.gid
            archive.addfile(entry, io.BytesIO(content))
    engine.run("cp", "-", f"{container.id}:/", input=packed.getvalue())
