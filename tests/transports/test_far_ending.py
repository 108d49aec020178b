"""How commands on another host are ended: by whatever shell is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from waiting import eventually

from mngr.transports.far_command import END

TIDIES = 'trap "sleep 0.3; : >tidied; exit" TERM; : >ready; sleep 600 & wait'
STAYS = 'trap "" TERM; : >ready; sleep 600 & wait'
SHELLS = [shell for shell in (("dash",), ("bash",), ("busybox", "sh"), ("zsh",)) if shutil.which(shell[0])]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize(("script", "tidied"), [(TIDIES, True), (STAYS, False)], ids=["tidies", "stays"])
def test_it_is_asked_and_has_time_to_tidy_up(tmp_path: Path, shell: tuple[str, ...], script: str, tidied: bool) -> None:
    command = subprocess.Popen(["sh", "-c", script], cwd=tmp_path, start_new_session=True)
    eventually((tmp_path / "ready").exists)
    subprocess.run([*shell, "-c", END, "sh", "TERM", str(command.pid)], check=True, timeout=30)
    command.wait(10)
    assert (tmp_path / "tidied").exists() == tidied
