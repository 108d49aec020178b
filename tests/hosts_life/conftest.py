"""Hosts that are containers, used through the program as a user would."""

from __future__ import annotations

from pathlib import Path

import pytest
from boxes import Boxes
from docker_engine import BASE, DockerEngine
from program import Mngr


@pytest.fixture
def boxes(mngr: Mngr, repo: Path, host_dir: Path, docker_engine: DockerEngine) -> Boxes:
    """Return `boxes.create("one@box", "--", "cat")`; `mngr` runs in `repo`, and its containers go with the test."""
    host_dir.mkdir(mode=0o700)
    (host_dir / "config.toml").write_text(f'[providers.docker]\nimage = "{BASE}"\n')
    mngr.env["MNGR_PREFIX"] = f"t{docker_engine.mark}-"
    return Boxes(mngr, docker_engine)
