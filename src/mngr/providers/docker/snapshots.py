"""Snapshots: containers saved as images, with all that is in them, secrets included."""

from __future__ import annotations

from mngr.model.errors import CommandError, NotFoundError, UsageError, UserError
from mngr.model.host import Snapshot
from mngr.model.names import new_id, shown
from mngr.model.times import iso
from mngr.model.value import replace
from mngr.providers.docker import containers
from mngr.providers.docker.engine import ASK_SECONDS, complaint
from mngr.providers.docker.found import ContainerHosts
from mngr.transports.piped import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mngr.model.host import HostWish

REPOSITORY = "mngr-snapshot"
ID, OF, NAME, AT = "mngr.snapshot", "mngr.snapshot-of", "mngr.snapshot-name", "mngr.snapshot-at"
OWNER = "mngr.snapshot-owner"  # the prefix and provider of the host
CLEARED = (containers.HOST, containers.PREFIX, containers.PROVIDER, containers.CLIENT)
OF_NETWORK = ("offline", "cidr-allowlist", "dns")
SAVE_SECONDS = 3600.0
LATE_SECONDS = 2.0
SHORTEST = 8  # digits of an id


class SavedHosts(ContainerHosts):
    """Saves containers, and finds what was saved."""

    def snapshot(self, host: Any, name: str | None) -> Snapshot:
        """Save a container as an image; for that moment all that runs in it is halted."""
        import time

        if name is not None and (not name.isprintable() or not name or len(name) > 200):
            raise UsageError(f"a snapshot cannot be named {shown(name)}", hint="use letters that can be seen")
        now, _ = self._now(host)
        id, at = new_id("snapshot"), iso(time.time())
        labels = {ID: id, OF: host.name, NAME: name or "", AT: at, OWNER: self._owner}
        labels |= dict.fromkeys(CLEARED, "")  # whatever is run from it by hand is no host of mngr's
        changes = [f"--change=LABEL {key}={_encoded(text)}" for key, text in labels.items()]
        tag = f"{REPOSITORY}:{id.removeprefix('snapshot-')}"
        try:
            saved = self._engine.run("commit", "--pause=true", *changes, now.id, tag, seconds=SAVE_SECONDS, check=False)
        except KeyboardInterrupt:
            self._take_back(tag)
            raise
        made = next((each for each in self.snapshots() if each.id == id), None)
        if made is None and saved.code < 0:
            raise CommandError(
                f"the command that saves {host.name} was ended ({describe(saved.code)}); its engine may finish that",
                saved,
                hint="see whether it is there in a while: mngr snapshot list",
            )
        if made is None:
            raise CommandError(f"{host.name} could not be saved: {complaint(saved)}", saved)
        self._thin_out(host.name)
        return made

    def _take_back(self, tag: str) -> None:
        """Remove what the engine saves though who told it so has ended; what takes it longer stays, and is listed."""
        import time

        deadline = time.monotonic() + LATE_SECONDS
        while self._engine.run("rmi", tag, seconds=ASK_SECONDS, check=False).code != 0 and time.monotonic() < deadline:
            time.sleep(0.1)

    def snapshots(self) -> Iterable[Snapshot]:
        """Return what was saved of this provider's hosts, oldest first."""
        filters = [f"--filter=label={OWNER}={_encoded(self._owner)}", f"--filter=reference={REPOSITORY}:*"]
        listed = self._engine.run("images", "--no-trunc", "--quiet", *filters, seconds=ASK_SECONDS).text.split()
        if not listed:
            return []
        labels = "\t".join(f'{{{{index .Config.Labels "{label}"}}}}' for label in (ID, OF, AT, NAME))
        words = ["image", "inspect", f"--format={{{{.Size}}}}\t{labels}", *sorted(set(listed))]
        told = self._engine.run(*words, seconds=ASK_SECONDS, check=False).text
        found = [_snapshot(self.name, line.split("\t")) for line in told.splitlines() if line.count("\t") == 4]
        return sorted(found, key=lambda each: each.created_at)

    def forget(self, snapshot: Snapshot) -> None:
        """Remove what was saved. Raises UserError while a host that was made from it is there."""
        removed = self._engine.run("rmi", _tag(snapshot.id), check=False)
        if removed.code == 0 or any(sign in removed.complaint for sign in ("No such image", "image not known")):
            return
        if "is using" in removed.complaint or "in use by" in removed.complaint:
            raise UserError(
                f"the snapshot {snapshot.id} is in use: a host was made from it",
                hint="destroy that first: mngr list --hosts",
            )
        raise CommandError(f"the snapshot {snapshot.id} could not be removed: {complaint(removed)}", removed)

    def _saved(self, given: str) -> str:
        """Return the image of a snapshot, by its id or the beginning of that. Raises NotFoundError."""
        digits = given.removeprefix("snapshot-")
        if len(digits) >= SHORTEST and digits.isalnum():
            found = [each for each in self.snapshots() if each.id.startswith(f"snapshot-{digits}")]
            if len(found) == 1:
                return _tag(found[0].id)
        raise NotFoundError(f"'{self.name}' has no snapshot {shown(given)}", hint="mngr snapshot list")

    def _as_saved(self, wish: HostWish, image: str) -> HostWish:
        """Return a wish with the limits of the host that was saved, where it says none of its own."""
        words = ["image", "inspect", f'--format={{{{index .Config.Labels "{containers.LIMITS}"}}}}', image]
        told = self._engine.run(*words, seconds=ASK_SECONDS).text.strip()
        given = {key for key, _ in wish.build}
        limits = [(key, text) for key, _, text in (word.partition("=") for word in told.split())]
        network = [] if given & {"network", *OF_NETWORK} else [each for each in limits if each[0] in OF_NETWORK]
        user = [] if "user" in given else [each for each in limits if each[0] == "user"]
        return replace(wish, build=[*network, *user, *wish.build])

    def _thin_out(self, host_name: str) -> None:
        """Forget the oldest snapshots of a host, if only so many are to be kept."""
        most = self._settings.get("keep_snapshots")
        if not isinstance(most, int) or most < 1:
            return
        for each in [each for each in self.snapshots() if each.host == host_name][:-most]:
            try:
                self.forget(each)
            except UserError:
                continue  # one that is in use goes another time

    @property
    def _owner(self) -> str:
        return f"{self._prefix}:{self.name}"


def _tag(id: str) -> str:
    return f"{REPOSITORY}:{id.removeprefix('snapshot-')}"


def _snapshot(provider: str, fields: list[str]) -> Snapshot:
    size, id, host, at, name = (_decoded(field) for field in fields)
    return Snapshot(id, provider, host, at, name or None, int(size) if size.isdecimal() else None)


def _encoded(text: str) -> str:
    """Return text as a label that no engine reads anything else into: what is not plain as `%XX`."""
    plain = (
        chr(byte) if byte < 128 and (chr(byte).isalnum() or byte in b"-._:") else f"%{byte:02X}"
        for byte in text.encode()
    )
    return "".join(plain)


def _decoded(text: str) -> str:
    first, *rest = text.encode().split(b"%")
    try:
        parts = [bytes.fromhex(part[:2].decode()) + part[2:] for part in rest]
    except ValueError:
        return text
    return b"".join([first, *parts]).decode("utf-8", "replace")
