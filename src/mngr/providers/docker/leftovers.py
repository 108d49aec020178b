"""Images that were built for one host, when none needs them any more."""

from __future__ import annotations

from mngr.model.errors import CommandError, UsageError
from mngr.model.host import Leftover
from mngr.model.times import from_iso
from mngr.providers.docker.engine import ASK_SECONDS, complaint
from mngr.providers.docker.found import ContainerHosts
from mngr.providers.docker.image import BUILDER, BUILT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

IMAGE = "image"


class BuiltImages(ContainerHosts):
    """Finds images that this mngr built from Dockerfiles of the user's: they are built again when they are wanted."""

    def leftovers(self, before: float) -> Iterable[Leftover]:
        """Return the images without a name of which no container is, built before a time."""
        filters = [f"--filter=label={BUILT}=own", f"--filter=label={BUILDER}={self._access.folder}"]
        words = ["images", "--no-trunc", "--quiet", "--filter=dangling=true", *filters]
        ids = sorted(set(self._engine.run(*words, seconds=ASK_SECONDS).text.split()))
        if not ids:
            return []
        told = self._engine.run("image", "inspect", "--format={{.Id}}\t{{.Created}}", *ids, check=False).text
        pairs = [line.partition("\t") for line in told.splitlines()]
        old = [id for id, _, made in pairs if _is_before(made, before) and not self._is_used(id)]
        return [Leftover(IMAGE, id, "built for a host that is no more") for id in old]

    def clear(self, leftover: Leftover) -> None:
        """Remove an image. Raises CommandError when it is used by now."""
        removed = self._engine.run("rmi", leftover.name, check=False)
        if removed.code != 0 and "No such image" not in removed.complaint:
            raise CommandError(f"the image {leftover.name} could not be removed: {complaint(removed)}", removed)

    def _is_used(self, id: str) -> bool:
        """Tell whether there is a container of an image, or of one that was made from it."""
        words = ["ps", "--all", "--quiet", f"--filter=ancestor={id}"]
        return bool(self._engine.run(*words, seconds=ASK_SECONDS).text.strip())


def _is_before(made: str, moment: float) -> bool:
    try:
        return from_iso(made) < moment
    except UsageError:
        return False
