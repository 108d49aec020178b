"""Provider `local`: this machine, always there."""

from __future__ import annotations

from mngr.config import paths
from mngr.transports.host import Host
from mngr.transports.local import LocalTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


class LocalProvider:
    """Has one host: the machine mngr runs on."""

    def __init__(
        self, environ: Mapping[str, str], name: str = "local", settings: Mapping[str, Any] | None = None
    ) -> None:
        self.name = name
        self._host = Host("local", self.name, LocalTransport(), paths.host_dir(environ), paths.prefix(environ))

    def hosts(self) -> Iterable[Host]:
        """Return this machine."""
        return [self._host]


PLUGIN = LocalProvider
