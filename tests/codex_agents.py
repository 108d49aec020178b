"""Agents that run the real Codex, logged in to a model server of the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from program import Mngr
from talkers import PROGRAMS, Talker

from mngr.agent_types.codex import PLUGIN
from mngr.testing.logins import codex_login
from mngr.testing.model_server import ModelServer

NEEDS_CODEX = pytest.mark.skipif(not Path(PROGRAMS, "codex").exists(), reason="Codex is not installed")


class Codex(Talker):
    """Makes agents that run Codex."""

    def __init__(self, mngr: Mngr, model: ModelServer, trusted: list[Path]) -> None:
        super().__init__(PLUGIN, mngr, model)
        codex_login(mngr.home, model.url, trusted)


@contextmanager
def codex_in(mngr: Mngr, repo: Path) -> Iterator[Codex]:
    """Give a maker of agents that run Codex; the repository is trusted."""
    with ModelServer() as model:
        yield Codex(mngr, model, [repo])
