"""One SSH host, and several who use it: two of its users, and two clients of one user, all at the same moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import Mngr, Outcome
from ssh_hosts import SshHost, add_user
from waiting import eventually

USERS = {"ann": 12345, "ben": 12346}
SECRET = "a-secret-of-ann"
PROGRAM = ("command", "--no-connect", "--", "sh", "-c", "exec cat >>~/got")


def client(mngr: Mngr, home: Path, host: SshHost, user: str) -> Mngr:
    """Return the program as run by somebody with a home of their own, for whom `box1` is that user's."""
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    config = (host.client / "config").read_text()
    (home / ".ssh/config").write_text(config.replace("User root", f"User {user}"))
    (home / ".gitconfig").write_text((mngr.home / ".gitconfig").read_text())
    other = Mngr(home, home / ".mngr")
    other.cwd = mngr.cwd
    other.env = {"HOME": str(home), "MNGR_HOST_DIR": str(home / ".mngr")}
    return other


def at_once(clients: list[Mngr], *words: str) -> list[Outcome]:
    """Run one command line as several clients at the same moment."""
    started = [each.start(*words) for each in clients]
    ended = [each.communicate(b"", 55) for each in started]
    return [
        Outcome(["mngr", *words], process.returncode, out, err)
        for process, (out, err) in zip(started, ended, strict=True)
    ]


@pytest.fixture
def both(ssh_host: SshHost, mngr: Mngr, repo: Path, tmp_path: Path) -> list[Mngr]:
    """Return the program as run by two people who are two users of one host."""
    for name, number in USERS.items():
        add_user(ssh_host, name, number)
    clients = [client(mngr, tmp_path / name, ssh_host, name) for name in USERS]
    clients[0].env["SECRET"] = SECRET
    clients[1].env["SECRET"] = "ben's own"
    return clients


def test_two_users_have_nothing_in_common(ssh_host: SshHost, both: list[Mngr]) -> None:
    ann, ben = both
    for made in at_once(both, "create", "a@box1.ssh", "--pass-env", "SECRET", *PROGRAM):
        made.assert_success()
    ids = [each.agent("a")["id"] for each in both]
    assert ids[0] != ids[1]
    assert [list(each.agents()) for each in both] == [["a"], ["a"]]
    assert [each("exec", "a", "id -un").out for each in both] == ["ann\n", "ben\n"]
    for sent in at_once(both, "message", "a", "hello", "--id", "x"):
        sent.assert_success()
    for name in USERS:
        eventually(lambda name=name: (ssh_host.folder / "tmp" / name / "got").read_text() == "hello\n")
    ports = [each("exec", "a", "echo $MNGR_PORT_BASE").out for each in both]
    assert all(port.strip().isdigit() for port in ports)
    # What ben can learn of ann, whose home is open to all.
    is_ben = ("setpriv", "--reuid=12346", "--regid=12346", "--clear-groups", "sh", "-c")
    places = "/tmp/ann/.mngr /tmp/mngr-12345 /tmp/tmux-12345"
    assert ssh_host.inside(*is_ben, f"find {places} -readable").out == ""
    processes = ssh_host.inside(*is_ben, "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline").out
    assert "mngr" in processes
    assert SECRET not in processes
    assert ssh_host.inside(*is_ben, "tmux -S /tmp/tmux-12345/mngr list-sessions").code == 1
    for stopped in at_once(both, "stop", "a"):
        stopped.assert_success()
    ben("destroy", "a", "--force").assert_success()
    ann("start", "a").assert_success()
    assert ann.agent("a")["state"] == "waiting"
    assert ben.agents() == {}
    ben("gc", "--yes").assert_success()
    ann("exec", "a", "echo well").assert_success("well")


def test_what_is_written_there_is_the_user_s_alone(ssh_host: SshHost, both: list[Mngr]) -> None:
    ann, _ = both
    for mask in ("000", "022"):
        (ssh_host.folder / "tmp/ann/.profile").write_text(f"umask {mask}\n")
        ann("create", f"a{mask}@box1.ssh", "-m", "hello", *PROGRAM).assert_success()
    ann("message", "a000", "hello", "--id", "x").assert_success()
    ann("stop", "a022").assert_success()
    ann("destroy", "a022", "--force").assert_success()
    # What is the project's has the project's modes, in folders that nobody else may enter.
    projects = " -o ".join(f"-path '*/{place}/*'" for place in ("worktrees", "workspace", "repositories"))
    find = f"find ~/.mngr \\( {projects} \\) -prune -o -perm /077 ! -type l -print"
    assert [line for line in ann("exec", "a000", find).lines if not line.endswith("/workspace")] == []
    folders = ssh_host.inside("stat", "-c", "%a", "/tmp/ann/.mngr", "/tmp/mngr-12345", "/tmp/tmux-12345")
    assert folders.lines == ["700"] * 3


@pytest.mark.slow
def test_two_clients_of_one_user(ssh_host: SshHost, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    clients = [client(mngr, tmp_path / name, ssh_host, "root") for name in ("desk", "laptop")]
    made = at_once(clients, "create", "same@box1.ssh", *PROGRAM)
    assert sorted(each.code for each in made) == [0, 1], made
    (refused,) = (each for each in made if each.code)
    refused.assert_failure(1, "there is an agent 'same' already")
    for number, each in enumerate(clients):
        each("create", f"own{number}@box1.ssh", *PROGRAM).assert_success()
    assert [sorted(each.agents()) for each in clients] == [["own0", "own1", "same"]] * 2
    blocks = {clients[0]("exec", name, "echo $MNGR_PORT_BASE").out for name in ("own0", "own1", "same")}
    assert len(blocks) == 3
    sent = at_once(clients, "message", "same", "hello", "--id", "x")
    assert [each.code for each in sent] == [0, 0], sent
    sent = at_once(clients, "message", "own0", "hi")
    assert [each.code for each in sent] == [0, 0], sent
    eventually(lambda: sorted((ssh_host.home / "got").read_text().split()) == ["hello", "hi", "hi"])
    renamed = [each.start("rename", "same", f"name{number}") for number, each in enumerate(clients)]
    codes = [(process.communicate(b"", 55), process.returncode)[1] for process in renamed]
    assert 0 in codes
    names = sorted(clients[0].agents())
    assert names in (["name0", "own0", "own1"], ["name1", "own0", "own1"])
    destroyed = at_once(clients, "destroy", "own0", "--force")
    assert sorted(each.code for each in destroyed) in ([0, 0], [0, 1], [0, 3]), destroyed
    assert "own0" not in clients[1].agents()
    for each in clients:
        assert "nothing" in (shown := each("gc")).out + shown.err


@pytest.mark.slow
def test_two_folders_of_one_user(ssh_host: SshHost, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    clients = [client(mngr, tmp_path / name, ssh_host, "root") for name in ("one", "two")]
    (clients[1].host_dir).mkdir(mode=0o700)
    (clients[1].host_dir / "config.toml").write_text('[providers.ssh]\nfolder = "~/apart"\n')
    for made in at_once(clients, "create", "a@box1.ssh", *PROGRAM):
        made.assert_success()
    rows = [each.agent("a") for each in clients]
    assert rows[0]["id"] != rows[1]["id"]
    assert [list(each.agents()) for each in clients] == [["a"], ["a"]]
    clients[0]("stop", "a").assert_success()
    assert [each.agent("a")["state"] for each in clients] == ["stopped", "waiting"]
    clients[0]("destroy", "a", "--force").assert_success()
    clients[0]("gc", "--yes").assert_success()
    clients[1]("exec", "a", "echo well").assert_success("well")
