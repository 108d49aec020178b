"""Provider of the tests: this machine, reached by ssh as any other would be, so that tests of one test the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from mngr.config import paths
from mngr.transports.host import Host
from mngr.transports.ssh import Place, SshTransport


class Through(SshTransport):
    """This machine, by ssh. It sees the same files, and processes, as a command that is run here."""

    shares_files = True


class FarHost(Host):
    """A host that gets the text of scripts, as one does that has none of mngr's files."""

    def script_command(self, argv: list[str]) -> list[str]:
        return ["sh", "-c", self.resource(argv[0]).decode(), *argv]

    def script_text(self, name: str) -> str:
        return self.resource(name).decode()


class Provider:
    """Has this machine alone."""

    def __init__(self, environ: Mapping[str, str], name: str, settings: Mapping[str, Any]) -> None:
        self.name = name
        folder = os.path.dirname(settings["config"])
        place = Place("local", "here", ["-F", settings["config"]], f"{folder}/mux")
        self._host = FarHost("local", name, Through(place), paths.host_dir(environ), paths.prefix(environ))

    def hosts(self) -> Iterable[Host]:
        return [self._host]
