"""`mngr list`, and what it shows on a terminal and in a pipe."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from program import Mngr, run
from terminal import Terminal

Eventually = Callable[..., object]
Open = Callable[..., Terminal]

ROW = (
    "id name type state reason question state_since exit_code host work_dir branch base_branch project labels "
    "created_at started_at archived_at last_activity_at pid command url parent workspace session usage plugin"
).split()


@pytest.fixture
def three(mngr: Mngr, repo: Path, eventually: Eventually) -> Mngr:
    """Return the program with three agents: `ask` waits, `busy` runs, `ended` is done."""
    mngr("create", "busy", "--transfer", "none", "--label", "n=2", "--", "sleep", "600").assert_success()
    mngr("create", "ask", "--transfer", "none", "--label", "n=1", "--", "cat").assert_success()
    mngr("create", "ended", "--transfer", "none", "--project", "other", "--", "true").assert_success()
    eventually(lambda: {n: a["state"] for n, a in mngr.agents().items()} == STATES)
    return mngr


STATES = {"ask": "waiting", "busy": "running", "ended": "done"}


def held(program: Mngr, *words: str) -> list[str]:
    """Return a command line that keeps what mngr wrote on the screen: tmux scrolls it when the program ends."""
    return ["sh", "-c", f"{shlex.join([*program.program, *words])}; echo code $?; read -r line"]


def names(mngr: Mngr, *words: str) -> list[str]:
    return mngr("list", "--names", *words).assert_success().lines


def test_the_fields_of_a_row(three: Mngr, repo: Path) -> None:
    rows = three("list", "--format", "json").json()
    assert [list(row) for row in rows] == [ROW] * 3
    ask = rows[0]
    assert list(ask["host"]) == ["id", "name", "provider", "state", "address"]
    more = ["cache_read_tokens", "cache_write_tokens", "unpriced"]
    assert list(ask["usage"]) == ["input_tokens", "output_tokens", "cost_usd", *more]
    assert (ask["name"], ask["type"], ask["state"], ask["command"]) == ("ask", "command", "waiting", "cat")
    assert (ask["work_dir"], ask["session"], ask["exit_code"]) == (str(repo), "mngr-ask", None)
    assert Path(f"/proc/{ask['pid']}/comm").read_text() == "cat\n"
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
    assert all(re.fullmatch(stamp, ask[name]) for name in ("state_since", "created_at", "started_at"))
    assert (rows[2]["exit_code"], rows[2]["pid"]) == (0, None)


def test_filters(three: Mngr) -> None:
    assert names(three) == ["ask", "busy", "ended"]
    assert names(three, "--waiting") == ["ask"]
    assert names(three, "--running", "--waiting") == ["ask", "busy"]
    assert names(three, "--state", "done") == ["ended"]
    assert names(three, "--stopped") == []
    assert names(three, "--blocked") == []
    assert names(three, "--project", "other") == ["ended"]
    assert names(three, "--label", "n") == ["ask", "busy"]
    assert names(three, "--label", "n=2") == ["busy"]
    assert names(three, "--type", "shell") == []
    assert names(three, "--host", "local", "--provider", "local") == ["ask", "busy", "ended"]
    assert names(three, "--include", 'labels.n == "1" || exit_code == 0') == ["ask", "ended"]
    assert names(three, "--exclude", 'state == "done"') == ["ask", "busy"]


def test_order_and_number(three: Mngr) -> None:
    assert names(three, "--sort", "-name") == ["ended", "busy", "ask"]
    assert names(three, "--sort", "created_at") == ["busy", "ask", "ended"]
    assert names(three, "--sort", "project,-labels.n") == ["ended", "busy", "ask"]
    assert names(three, "--limit", "1") == ["ask"]
    assert names(three, "--limit", "0") == []


def test_one_thing_a_line(three: Mngr) -> None:
    ids = three("list", "--ids").assert_success().lines
    assert all(re.fullmatch("agent-[0-9a-f]{32}", one) for one in ids)
    addresses = three("list", "--addrs").assert_success().lines
    assert addresses == ["ask@local.local", "busy@local.local", "ended@local.local"]
    assert three("capture", ids[0][:16]).code == three("capture", addresses[0]).code == 0


def test_formats(three: Mngr) -> None:
    assert three("list", "--format", "{name}:{host.name:>7}|{labels.n}").lines == [
        *["ask:  local|1", "busy:  local|2", "ended:  local|"]
    ]
    assert [row["name"] for row in three("list", "--format", "jsonl").json_lines()] == ["ask", "busy", "ended"]
    table = three("list", "--fields", "name,labels,exit_code").assert_success().lines
    assert table == ["NAME   LABELS  EXIT-CODE", "ask    n=1", "busy   n=2", "ended          0"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--fields", "nmae"], "did you mean name?"),
        (["--fields", ","], "--fields"),
        (["--sort", "nosuch"], "nosuch"),
        (["--limit", "-1"], "--limit"),
        (["--format", "{nosuch}"], "nosuch"),
        (["--include", "state =="], "state =="),
        (["--include", "nosuch == 1"], "nosuch"),
        (["--state", "asleep"], "asleep"),
    ],
)
def test_bad_options_are_refused(mngr: Mngr, words: list[str], says: str) -> None:
    mngr("list", *words).assert_failure(2, says, "hint: ")


def test_nothing_there(mngr: Mngr, host_dir: Path) -> None:
    done = mngr("list").assert_success()
    assert (done.out, done.err) == ("", "no agents; make one: mngr create\n")
    assert mngr("list", "--format", "json").out == "[]\n"
    assert mngr("list", "--format", "jsonl").out == ""
    assert mngr("list", "-q").err == ""
    assert mngr("list", "--state", "done").assert_success().err == "no agent matches\n"


def test_hosts(three: Mngr) -> None:
    (row,) = three("list", "--hosts", "--format", "json").json()
    told = "id name provider state reason address agents with_session folder network idle"
    assert list(row) == told.split()
    assert (row["name"], row["agents"], row["with_session"]) == ("local", 3, 3)
    three("list", "--hosts").assert_success("HOST", "AGENTS")


def test_archived_ones_are_hidden(three: Mngr) -> None:
    three("archive", "ask").assert_success()
    assert names(three) == ["busy", "ended"]
    assert names(three, "--archived") == names(three, "--all") == names(three, "-a") == ["ask", "busy", "ended"]
    assert three("list").assert_success().err == "1 archived (mngr list --archived)\n"
    assert three("list", "-a").assert_success("stopped, archived").err == ""
    assert names(three, "ask") == ["ask"]


def test_names(three: Mngr) -> None:
    assert names(three, "ask", "busy@local") == ["ask", "busy"]
    assert three("list", "-", "--state", "running", "--names", input="ask\nbusy\n").lines == ["busy"]
    done = three("list", "ask", "nosuch")
    done.assert_failure(3, "there is no agent 'nosuch'", "hint: ")
    assert [line.split()[0] for line in done.lines] == ["NAME", "ask"]
    assert three("list", "nosuch").assert_failure(3, "nosuch").out == ""


def test_hosts_are_not_shown_where_all_is_here(three: Mngr) -> None:
    assert three("list").lines[0].split() == ["NAME", "STATE", "SINCE", "TYPE", "PROJECT", "BRANCH"]
    assert "HOST" in three("list", "--fields", "name,host.name").out


def test_sessions_that_mngr_did_not_make(three: Mngr, host_dir: Path) -> None:
    socket = next(Path(os.environ["TMUX_TMPDIR"]).glob("tmux-*/*")).name
    run("tmux", "-L", socket, "new-session", "-d", "-s", "mngr-mine", "sleep 600").assert_success()
    run("tmux", "-L", socket, "new-session", "-d", "-s", "other", "sleep 600").assert_success()
    rows = three.agents()
    assert sorted(rows) == ["ask", "busy", "ended", "mine"]
    assert (rows["mine"]["type"], rows["mine"]["id"], rows["mine"]["state"]) == ("command", None, "running")
    three("stop", "mine").assert_failure(3, "mine")
    # One of ours whose folder has gone is shown as well, and gc ends it.
    agent_id = rows["busy"]["id"]
    run("rm", "-rf", host_dir / "agents" / agent_id)
    shown = {row["id"]: row["state"] for row in three("list", "--format", "json").json()}
    assert shown[agent_id] == "unknown"
    three("gc").assert_success("busy")
    assert agent_id not in three("list", "--ids").lines
    assert "mine" in names(three)


def test_a_damaged_record_costs_one_row(three: Mngr) -> None:
    (three.folder("ask") / "record.json").write_bytes(b'{"version": 1, "id": \xff')
    rows = three("list", "--format", "json").json()
    assert sorted(row["state"] for row in rows) == ["done", "running", "unknown"]


@pytest.mark.parametrize("columns", [80, 200])
def test_a_table_fits_its_terminal(three: Mngr, terminal: Open, columns: int) -> None:
    lines = terminal(held(three, "list"), columns=columns).wait_for("^code 0").splitlines()[:4]
    assert max(map(len, lines)) <= columns
    assert re.match(r"NAME +STATE +SINCE +TYPE", lines[0])


def test_watch_redraws_on_a_terminal(three: Mngr, terminal: Open) -> None:
    screen = terminal([*three.program, "-S", "watch.interval_seconds=0.1", "list", "--watch"], columns=80)
    screen.wait_for("1 done, 1 running, 1 waiting")
    three("stop", "busy").assert_success()
    shown = screen.wait_for("1 done, 1 stopped, 1 waiting")
    assert shown.count("busy") == 1
    screen.press("C-c")
    assert screen.wait_for_end() == 0


def test_watch_writes_changes_into_a_pipe(three: Mngr) -> None:
    with three.start("-S", "watch.interval_seconds=0.1", "list", "--watch") as process:
        lines = (json.loads(line) for line in process.stdout or ())
        first = [next(lines) for _ in range(3)]
        assert {(line["change"], line["agent"]["name"]) for line in first} == {("added", name) for name in STATES}
        three("stop", "busy").assert_success()
        changed = next(line for line in lines if line["agent"]["state"] == "stopped")
        assert (changed["change"], changed["agent"]["name"]) == ("changed", "busy")
        three("destroy", "ended").assert_success()
        removed = next(line for line in lines if line["change"] == "removed")
        assert removed["agent"]["name"] == "ended"
        process.terminate()


def test_a_reader_that_goes_is_no_failure(three: Mngr) -> None:
    with three.start("-S", "watch.interval_seconds=0.1", "list", "--watch") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        three("stop", "busy", "ask").assert_success()
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


def test_home(three: Mngr, terminal: Open) -> None:
    shown = terminal(held(three), columns=80).wait_for("^code 0")
    assert all(name in shown for name in STATES)
    assert "mngr connect ask" in shown
    assert "mngr help" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_home_of_a_newcomer(mngr: Mngr) -> None:
    shown = mngr().assert_success("mngr create", "mngr help")
    assert shown.err == ""


def test_a_program_runs_since_it_was_told_to(mngr: Mngr, repo: Path, eventually: Callable[..., str]) -> None:
    script = 'while read -r line; do until [ -e "$line" ]; do sleep 0.1; done; done'
    mngr("create", "one", "--transfer", "none", "--", "sh", "-c", script).assert_success()
    eventually(lambda: mngr.agent("one")["state"] == "waiting")
    began = mngr.agent("one")["created_at"][:19]
    before = eventually(lambda: later if (later := f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}") > began else None)
    mngr("message", "one", "done").assert_success()
    eventually(lambda: mngr.agent("one")["state"] == "running")
    assert mngr.agent("one")["state_since"][:19] >= before
    mngr("why", "one").assert_success("mngr", "message")
    (repo / "done").touch()
    eventually(lambda: mngr.agent("one")["state"] == "waiting")
