from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import ROOT

START = """
import os, sys
import mngr.cli
mngr.cli.__path__.insert(0, sys.argv.pop(1))
from mngr.cli.main import main
os._exit(main())
"""
COMMAND = [sys.executable, "-c", START, str(Path(__file__).parent / "trial")]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def trial(home: Path) -> Run:
    """Return a run of the frame with a command of our own in the place of `why`."""

    def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **options.pop("environ", {})}
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": home, **options}
        return subprocess.run(
            [*COMMAND, *words], text=True, errors="surrogateescape", env=environ, timeout=30, check=False, **given
        )

    return run


def log_lines(host_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in (host_dir / "logs").glob("*.jsonl") for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (["why", "blocked"], 6, "agent 'a\\x1b[2Jb' asks a question", "mngr answer a"),
        (["why", "error"], 1, "it failed", None),
        (["why", "missing_file"], 1, "/nowhere/file: No such file or directory", None),
        (["why"], 2, "mngr why needs a WHAT", "usage: mngr why WHAT [options]"),
        (["why", "nothing", "--limit", "x"], 2, "--limit must be a whole number, not 'x'", "try: --limit 10"),
        (["why", "nothing", "--format", "{nmae}"], 2, "'nmae' is not a field of the results", "did you mean name?"),
        (["nosuch\x1b"], 2, "'nosuch\\x1b' is not a command", "see: mngr help"),
        (["--nosuch"], 2, "mngr has no option '--nosuch'", "see: mngr help"),
        (["-S", "nosuch.key=1", "why", "nothing"], 2, None, None),
        (["help", "zzzz"], 2, "'zzzz' is neither a command nor a topic", "see: mngr help"),
        ([""], 2, "'' is not a command", "see: mngr help"),
    ],
)
def test_an_error_is_one_or_two_lines(trial: Run, words: list[str], code: int, message: str, hint: str) -> None:
    done = trial(*words)
    assert done.returncode == code
    lines = done.stderr.splitlines()
    assert lines[0] == f"mngr: {message}" if message else lines[0].startswith("mngr: ")
    assert lines[1:] == ([f"hint: {hint}"] if hint else lines[1:2])


@pytest.mark.parametrize("form", [["--format", "json"], ["--format=jsonl"]])
@pytest.mark.parametrize(("words", "code"), [(["why", "error"], 1), (["why", "--nosuch"], 2), (["nosuch"], 2)])
def test_errors_are_json_too(trial: Run, form: list[str], words: list[str], code: int) -> None:
    for line in ([*form, *words], [*words, *form]):
        done = trial(*line)
        assert done.stdout == ""
        assert json.loads(done.stderr.splitlines()[-1])["exit_code"] == code == done.returncode


def test_results_come_before_the_error(trial: Run) -> None:
    assert trial("why", "blocked").stdout == "a result\n"


@pytest.mark.parametrize("what", ["bug", "recursion", "memory"])
def test_a_bug_leaves_a_log(trial: Run, host_dir: Path, what: str) -> None:
    done = trial("why", what, "--env", "KEY=hunter2")
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    path = Path(done.stderr.splitlines()[0].rpartition(" ")[2])
    text = path.read_text()
    assert path.parent == host_dir / "logs"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Traceback" in text
    assert f"mngr why {what} --env 'KEY=***'" in text
    assert "hunter2" not in text


def test_a_bug_where_nothing_can_be_written(trial: Run) -> None:
    nowhere = {"MNGR_HOST_DIR": "/proc/nowhere", "TMPDIR": "/proc/nowhere"}
    done = trial("why", "bug", environ=nowhere)
    assert (done.returncode, done.stderr.splitlines()[1]) == (70, "hint: run it again with --debug")
    assert trial("why", "nothing", environ=nowhere).returncode == 0


def test_debug_prints_the_traceback(trial: Run) -> None:
    assert "Traceback" in trial("--debug", "why", "error").stderr
    assert "hunter2" not in trial("why", "bug", "--debug", "--env", "KEY=hunter2").stderr


def test_each_run_is_logged(trial: Run, host_dir: Path) -> None:
    trial("why", "external", "--env", "KEY=hunter2", "-q")
    trial("why", "error")
    trial("why", "--nosuch", "secret")
    trial("help")
    lines = log_lines(host_dir)
    assert [line["argv"] for line in lines] == [
        ["mngr", "why", "external", "--env", "KEY=***", "-q"],
        ["mngr", "why", "error"],
        ["mngr", "why", "..."],
    ]
    assert [line["exit_code"] for line in lines] == [0, 1, 2]
    assert lines[0]["commands"][0]["argv"] == ["sh", "-c", "exit 3", "it's", "***"]
    assert lines[0]["commands"][0]["exit_code"] == 3
    assert lines[0]["pid"] > 0
    (file,) = (host_dir / "logs").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert host_dir.stat().st_mode & 0o777 == 0o700


def test_old_logs_are_removed_by_the_first_run_of_a_day(trial: Run, host_dir: Path) -> None:
    logs = host_dir / "logs"
    logs.mkdir(parents=True)
    for name, days in (("2020-01-01.jsonl", 30), ("bug-1.log", 30), ("2020-01-02.jsonl", 3), ("notes.txt", 30)):
        (logs / name).touch()
        then = (logs / name).stat().st_mtime - days * 86400
        os.utime(logs / name, (then, then))
    trial("why", "nothing")
    left = {path.name for path in logs.iterdir()}
    assert left >= {"2020-01-02.jsonl", "notes.txt"}
    assert not left & {"2020-01-01.jsonl", "bug-1.log"}


def test_verbose_prints_commands_to_paste(trial: Run) -> None:
    done = trial("why", "external", "-v", "--env", "KEY=hunter2")
    assert done.stderr == "+ sh -c 'exit 3' 'it'\"'\"'s' '***'\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_take_back_what_was_done(home: Path, number: int) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        [*COMMAND, "why", "wait"], stderr=subprocess.PIPE, text=True, env=environ, cwd=home
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "waiting\n"
        process.send_signal(number)
        assert process.stderr.read() == "taken back\nmngr: interrupted\n"
        assert process.wait(10) == 130


def test_hangups_that_are_ignored_stay_ignored(home: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *COMMAND, "why", "wait"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ, cwd=home) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "waiting\n"
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.stderr.read() == "taken back\nmngr: interrupted\n"


def test_a_reader_that_is_gone_is_no_failure(trial: Run) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = trial("why", "many", stdout=write_end)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["why", "show"], ["why", "many"], ["help"], ["--version"]])
def test_a_full_disk_is_a_failure(trial: Run, words: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = trial(*words, stdout=full)
    assert done.returncode == 1
    assert done.stderr in ("mngr: standard output: No space left on device\n", "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(home: Path, closed: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    line = ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, "why", "streams"]
    done = subprocess.run(line, capture_output=True, env=environ, cwd=home, timeout=30, check=False)
    assert done.returncode == 0
    if "2" not in closed:
        assert int(done.stderr.split()[1]) > 2


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1", "C.UTF-8"])
def test_output_is_utf8_and_bytes_survive(trial: Run, locale: str) -> None:
    done = trial("why", "streams", environ={"LC_ALL": locale, "PYTHONUTF8": "0"})
    assert done.stdout == "café \udcff\n"


def test_a_program_that_takes_our_place(trial: Run, host_dir: Path) -> None:
    done = trial("why", "become")
    assert (done.stdout, done.returncode) == ("became\n", -signal.SIGPIPE)
    assert log_lines(host_dir)[0]["became"][:2] == ["sh", "-c"]


def test_notes(trial: Run) -> None:
    assert trial("why", "note").stderr == "a note\nmngr: warning: odd\n"
    assert trial("why", "note", "-q").stderr == ""


def test_settings_fill_what_was_not_given(trial: Run, host_dir: Path) -> None:
    host_dir.mkdir()
    (host_dir / "config.toml").write_text(
        '[commands.why]\nlimit = 7\nname = "me"\nenv = { A = "1" }\nformat = "json"\n'
    )
    found = json.loads(trial("why", "show", "--name", "you").stdout)[0]
    assert (found["limit"], found["name"], found["env"]) == (7, "you", [["A", "1"]])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("limt = 7", "did you mean limit?"),
        ('limit = "many"', "must be a whole number"),
        ("name = 7", "must be text"),
        ("limit = true", "must be text or a number"),
        ('quiet = "yes"', "must be true or false"),
    ],
)
def test_a_wrong_default_names_its_place(trial: Run, host_dir: Path, line: str, message: str) -> None:
    host_dir.mkdir()
    (host_dir / "config.toml").write_text(f"[commands.why]\n{line}\n")
    done = trial("why", "show")
    assert done.returncode == 2
    assert "config.toml:2: " in done.stderr
    assert message in done.stderr
    assert trial("help").returncode == 0


def test_version(trial: Run) -> None:
    for words in (["--version"], ["-V"], ["-q", "--version"]):
        assert trial(*words).stdout.startswith("mngr ")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["attach", "x"], "mngr connect NAME"),
        (["kill", "x"], "mngr stop NAME"),
        (["logs", "x"], "mngr capture NAME"),
        (["status"], "mngr list"),
        (["version"], "mngr --version"),
        (["lst"], "hint: did you mean mngr list or mngr stop?\n"),
        (["create", "--name", "x"], "mngr create NAME"),
        (["label", "x", "--remove", "team"], "mngr label NAME KEY-"),
        (["list", "--fields", "nmae"], "hint: did you mean name?\n"),
    ],
)
def test_hints_for_habits(mngr, words, hint):
    failed = mngr(*words).assert_failure(2, hint)
    assert failed.err.count("\n") == 2
