"""Many at once: nothing fails that need not, one of several rivals wins, nothing is left of the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aftermath import Source, branches, leftovers, sessions, tmux, together
from program import Mngr, Outcome, git, run
from tree import SOURCE

Eventually = Callable[..., object]
PLAIN = ["--no-connect", "--", "sleep", "1000"]


class Watcher:
    """Runs `list` over and over while the test does something else."""

    def __init__(self, mngr: Mngr) -> None:
        self.mngr = mngr
        self.seen: list[Outcome] = []
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._enough.is_set():
            self.seen.append(self.mngr("list", "--format", "json", timeout=40))

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()


@pytest.fixture
def watcher(mngr: Mngr) -> Iterator[Watcher]:
    """Look at the agents all the time; no look may fail or warn."""
    with Watcher(mngr) as watching:
        yield watching
    assert watching.seen
    bad = [look for look in watching.seen if look.code != 0 or look.err]
    assert not bad, bad[0]


def test_fifty_creates_at_once_make_fifty_agents(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    before = Source.of(repo)
    names = [f"a{number}" for number in range(50)]
    done = together(mngr, [["create", name, *PLAIN] for name in names])
    assert [outcome for outcome in done if outcome.code != 0] == []
    agents = mngr.agents()
    assert sorted(agents) == sorted(names)
    assert {agents[name]["state"] for name in names} <= {"running", "waiting"}
    assert branches(repo) == {"main", *(f"mngr/{name}" for name in names)}
    assert sessions(mngr) == {f"mngr-{name}" for name in names}
    assert leftovers(mngr, repo, agents=set(names)) == []
    assert Source.of(repo) == before
    assert len(git(repo, "worktree", "list").splitlines()) == 51


def test_of_twenty_creates_of_one_name_one_wins(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    before = Source.of(repo)
    done = together(mngr, [["create", "same", *PLAIN]] * 20)
    won = [outcome for outcome in done if outcome.code == 0]
    assert len(won) == 1, done
    for outcome in done:
        if outcome not in won:
            outcome.assert_failure(1, "there is an agent 'same' already", "hint:")
    assert list(mngr.agents()) == ["same"]
    assert leftovers(mngr, repo, agents={"same"}) == []
    assert len(list((mngr.host_dir / "worktrees").iterdir())) == 1
    assert Source.of(repo) == before


def test_of_many_renames_to_one_name_one_wins(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    together(mngr, [["create", f"a{number}", "--transfer", "none", *PLAIN] for number in range(6)])
    done = together(mngr, [["rename", f"a{number}", "wanted"] for number in range(6)])
    assert sorted(outcome.code for outcome in done) == [0, 1, 1, 1, 1, 1], done
    for outcome in done:
        if outcome.code:
            outcome.assert_failure(1, "there is an agent 'wanted' already")
    names = set(mngr.agents())
    assert "wanted" in names
    assert len(names) == 6
    assert sessions(mngr) == {f"mngr-{name}" for name in names}
    assert {path.name for path in (mngr.host_dir / "names").iterdir()} == names


def test_of_two_renames_of_one_agent_the_state_is_that_of_one(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    mngr("create", "first", "--transfer", "none", *PLAIN).assert_success()
    done = together(mngr, [["rename", "first", f"new{number}"] for number in range(5)])
    assert all(outcome.code in (0, 1, 3) and "Traceback" not in outcome.err for outcome in done), done
    assert any(outcome.code == 0 for outcome in done), done
    (name,) = mngr.agents()
    assert sessions(mngr) == {f"mngr-{name}"}
    assert {path.name for path in (mngr.host_dir / "names").iterdir()} == {name}
    mngr("rename", name, "last").assert_success()
    assert list(mngr.agents()) == ["last"]


def test_changes_of_one_agent_at_once_are_all_kept(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    mngr("create", "x", "--transfer", "none", *PLAIN).assert_success()
    mngr("stop", "x").assert_success()
    agent_id = mngr.agent("x")["id"]
    changes = [["label", agent_id, f"k{number}=v"] for number in range(8)]
    done = together(mngr, [*changes, ["start", agent_id], ["rename", agent_id, "y"]])
    assert [outcome for outcome in done if outcome.code] == []
    assert mngr.agent("y")["labels"] == {f"k{number}": "v" for number in range(8)}
    assert sessions(mngr) == {"mngr-y"}
    mngr("exec", "y", "true").assert_success()


def test_create_and_destroy_of_one_name(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    before = Source.of(repo)
    lines = [["create", "x", *PLAIN], ["destroy", "x", "--force"]] * 5
    done = together(mngr, lines)
    assert all(outcome.code in (0, 1, 3) and "Traceback" not in outcome.err for outcome in done), done
    mngr("destroy", "x", "--force")
    assert mngr.agents() == {}
    mngr("gc", "--yes").assert_success()
    assert leftovers(mngr, repo, agents=set()) == []
    assert Source.of(repo) == before
    mngr("create", "x", *PLAIN).assert_success()


def test_destroys_of_one_agent(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    mngr("create", "x", *PLAIN).assert_success()
    (Path(mngr.agent("x")["work_dir"]) / "made").write_text("kept")
    done = together(mngr, [["destroy", "x", "--force"]] * 5)
    assert all(outcome.code in (0, 3) and "Traceback" not in outcome.err for outcome in done), done
    assert any(outcome.code == 0 for outcome in done), done
    assert leftovers(mngr, repo, agents=set()) == []
    mngr("restore", "x").assert_success()
    assert (Path(mngr.agent("x")["work_dir"]) / "made").read_text() == "kept"


def test_a_destroy_lets_go_of_the_name_that_a_rename_gave_meanwhile(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", "--transfer", "none", *PLAIN).assert_success()
    renamed = mngr.agent("x")["id"]
    mngr("rename", "x", "y").assert_success()
    mngr("create", "x", "--transfer", "none", *PLAIN).assert_success()
    mngr("stop", "y").assert_success()
    # The last step of a destroy that read the record before the rename, and got the lock after it.
    run("sh", SOURCE / "hosts" / "bury.sh", mngr.host_dir, renamed, "x").assert_success()
    assert {path.name for path in (mngr.host_dir / "names").iterdir()} == {"x"}
    assert list(mngr.agents()) == ["x"]


@pytest.mark.parametrize(("here", "there"), [("destroyed", "agents"), ("agents", "destroyed")])
def test_what_can_be_restored_is_seen_on_its_way(mngr: Mngr, here: str, there: str) -> None:
    ids = [f"agent-{number:032x}" for number in range(300)]
    for place in (here, there):
        (mngr.host_dir / place).mkdir(parents=True)
    for agent_id in ids:
        folder = mngr.host_dir / here / agent_id
        folder.mkdir()
        (folder / "destroyed_at").write_text("7\n")
        (folder / "record.json").write_text(f'{{"id": "{agent_id}"}}\n')
    looks: list[list[str]] = []

    def look() -> None:
        while len(looks) < 20:
            out = run("sh", SOURCE / "hosts" / "destroyed.sh", mngr.host_dir).assert_success().out
            looks.append(sorted(line[8:46] for line in out.splitlines()[1::2]))

    looking = threading.Thread(target=look)
    looking.start()
    for number, agent_id in enumerate(ids):
        while looking.is_alive() and len(looks) < number * 15 // len(ids):
            looking.join(0.001)
        (mngr.host_dir / here / agent_id).rename(mngr.host_dir / there / agent_id)
    looking.join()
    assert all(look == ids for look in looks)


def test_messages_are_never_interleaved(mngr: Mngr, repo: Path, watcher: Watcher, eventually: Eventually) -> None:
    got = mngr.home / "got"
    mngr("create", "x", "--transfer", "none", "--no-connect", "--", "sh", "-c", f"cat >'{got}'").assert_success()
    failed: list[Outcome] = []

    def send(sender: int) -> None:
        for number in range(20):
            done = mngr("message", "x", "-m", f"{sender}.{number} " + f"{sender}" * 300 + "\nand more")
            failed.extend([done] if done.code else [])

    senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert not failed, failed[0]
    eventually(lambda: got.read_text().count("and more\n") == 160)
    lines = got.read_text().splitlines()
    assert set(lines[1::2]) == {"and more"}
    expected = {f"{sender}.{number} " + f"{sender}" * 300 for sender in range(8) for number in range(20)}
    assert len(lines) == 320
    assert set(lines[::2]) == expected


def test_starts_of_one_agent_make_one_session(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    runs = mngr.home / "runs"
    program = ["sh", "-c", f"echo $$ >>'{runs}'; exec sleep 1000"]
    mngr("create", "x", "--transfer", "none", "--no-connect", "--", *program).assert_success()
    mngr("stop", "x").assert_success()
    done = together(mngr, [["start", "x"]] * 6)
    assert [outcome for outcome in done if outcome.code] == []
    assert sessions(mngr) == {"mngr-x"}
    assert len(runs.read_text().split()) == 2
    assert mngr.agent("x")["state"] in ("running", "waiting")


def test_stops_and_starts_of_one_agent(mngr: Mngr, repo: Path, watcher: Watcher) -> None:
    mngr("create", "x", "--transfer", "none", *PLAIN).assert_success()
    done = together(mngr, [["stop", "x"], ["start", "x"]] * 5)
    assert [outcome for outcome in done if outcome.code] == []
    mngr("start", "x").assert_success()
    assert sessions(mngr) == {"mngr-x"}
    panes = run(*tmux(mngr, "list-panes", "-a", "-F", "#{pane_pid}")).out.split()
    mngr("stop", "x").assert_success()
    assert sessions(mngr) == set()
    assert not [pid for pid in panes if Path(f"/proc/{pid}").exists()]
    assert mngr.agent("x")["state"] == "stopped"
