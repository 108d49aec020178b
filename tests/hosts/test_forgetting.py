"""Which machines are looked at: those that were used, until they are forgotten; a name that was mistyped is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import Mngr
from ssh_hosts import SshHost

pytestmark = pytest.mark.slow


def test_a_mistyped_host_is_not_remembered_and_a_used_one_is_forgotten(
    ssh_host: SshHost, mngr: Mngr, repo: Path
) -> None:
    mngr("create", "one@bxo1.ssh", "--", "cat").assert_failure(4, "bxo1.ssh")
    assert mngr("list").assert_success().err == "no agents; make one: mngr create\n"
    mngr("create", "one@box1.ssh", "--no-connect", "--", "cat").assert_success()
    mngr("destroy", "@box1.ssh").assert_failure(7, "there are agents on box1.ssh: one", "mngr destroy --host box1")
    mngr("destroy", "--host", "box1", "--force").assert_success()
    mngr("destroy", "@box1.ssh", "--dry-run").assert_success("would forget @box1.ssh")
    mngr("destroy", "@box1.ssh").assert_success("forgot @box1.ssh")
    assert [row["name"] for row in mngr("list", "--hosts", "--format", "json").json()] == ["local"]
    assert list((ssh_host.home / ".mngr" / "destroyed").iterdir())


def test_all_of_the_home_is_not_sent_away(ssh_host: SshHost, mngr: Mngr, home: Path) -> None:
    (home / "secret").write_text("a key\n")
    done = mngr("create", "one@box1.ssh", "--no-connect", "--", "cat", cwd=home)
    done.assert_failure(1, "all of your home", "--from FOLDER")
    mngr("create", "one@box1.ssh", "--transfer", "none", "--no-connect", "--", "cat", cwd=home).assert_success()
    assert mngr("exec", "one", "pwd; ls secret").lines == ["/root"]
