"""How a command reaches a container: by ssh, through the engine, to an sshd that is there for this connection alone."""

from __future__ import annotations

from mngr.model.errors import UnreachableError, UserError
from mngr.model.host import OFF
from mngr.providers.docker import keys
from mngr.providers.docker.engine import ASK_SECONDS, WORK_SECONDS
from mngr.transports.ssh import SshTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.providers.docker.access import Access
    from mngr.providers.docker.containers import Container
    from mngr.transports.ssh import Greeting, Place


class ContainerTransport(SshTransport):
    """Reaches one container."""

    def __init__(
        self,
        place: Place,
        access: Access,
        container: Container,
        state: tuple[str, str],
        problem: UnreachableError | None = None,
    ) -> None:
        """Reach a container that is in a state, for a reason; `problem` says why its engine cannot be asked."""
        super().__init__(place)
        self.container = container
        self._access = access
        self._state, self._why = state
        self._problem = problem

    def greeting(self, patience_seconds: float | None = None) -> Greeting:
        """Return what the host says of itself; it need not run for that."""
        return self._access.greeting(self.container)

    def _connect(self, socket: str, patience_seconds: float) -> None:
        if self._problem is not None:
            raise self._problem
        if self._state in OFF:
            why = f" ({self._why})" if self._why else ""
            raise UnreachableError(
                f"{self.place.name} is {self._state}{why}", hint=f"start it: mngr start @{self.place.name}"
            )
        try:
            self._access.ensure(self.container)
        except UserError as error:
            raise self._explain(error.message, error.hint) from error
        try:
            super()._connect(socket, patience_seconds)
        except UnreachableError as error:
            raise self._explain(error.message, error.hint) from error

    def _look_closer(self) -> None:
        try:
            problem = self._off(ASK_SECONDS)
        except UnreachableError:
            return  # the engine keeps silent too; what it has let in may answer all the same
        if problem is not None:
            raise problem

    def _explain(self, message: str, hint: str | None) -> UnreachableError:
        """Return why a container is not reached, as its engine tells it; what ssh says else."""
        engine = self._access.engine
        try:
            problem = self._off(WORK_SECONDS)
        except UnreachableError as error:
            return error
        if problem is not None:
            return problem
        door = engine.run(*keys.door(self.container), seconds=ASK_SECONDS, check=False)
        said = door.err.decode("utf-8", "replace").strip()
        if door.code in (1, 126, 127) and said:
            return UnreachableError(
                f"{self.place.name} lets nobody in: {said.splitlines()[0]}", hint="see: mngr help docker"
            )
        return UnreachableError(message, hint)

    def _off(self, patience_seconds: float) -> UnreachableError | None:
        """Return why nothing can be run in a container now, if its engine knows. Raises UnreachableError."""
        words = ["inspect", "--format={{.State.Status}}", self.container.id]
        asked = self._access.engine.run(*words, seconds=patience_seconds, check=False)
        if asked.code != 0:
            return UnreachableError(f"{self.place.name} has gone: its container was removed", hint="mngr list --hosts")
        status = asked.text.strip()
        if status == "running":
            return None
        why = "is frozen" if status == "paused" else "does not run"
        return UnreachableError(
            f"{self.place.name} {why}: its container is {status}", hint=f"start it: mngr start @{self.place.name}"
        )
