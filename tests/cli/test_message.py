"""`mngr message`: what is typed arrives exactly, or is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, run
from terminal import Terminal

Eventually = Callable[..., object]
RAW = """
import os, sys, termios, tty
tty.setraw(0)
open(sys.argv[1], "wb").close()
with open(sys.argv[1], "ab", 0) as file:
    while True:
        file.write(os.read(0, 65536))
"""


@pytest.fixture
def reader(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> Callable[..., Path]:
    """Return `reader(name)`: makes an agent that writes the lines it reads into a file, and returns that."""

    def make(name: str, *program: str) -> Path:
        file = home / f"{name}.got"
        mngr("create", name, "--transfer", "none", "--", *(program or ("sh", "-c", f"cat >'{file}'"))).assert_success()
        eventually(file.exists)
        return file

    return make


def text_of(size: int) -> str:
    """Return some UTF-8 text of lines, none as long as a terminal would cut."""
    line = 'it\'s "größe" $HOME `x` \\n \u2028 \U0001f600 ~# ; {a} %s \t end '
    lines = (f"{number} {line * (number % 9 + 1)}" for number in range(size))
    text = ""
    parts = []
    for one in lines:
        parts.append(one)
        size -= len(one.encode()) + 1
        if size <= 0:
            break
    text = "\n".join(parts)
    return text.rstrip()


def test_one_line(reader: Callable[..., Path], mngr: Mngr, eventually: Eventually) -> None:
    got = reader("one")
    done = mngr("message", "one", "hello   'there' $HOME ; # -x").assert_success()
    assert (done.out, done.err) == ("typed to one\n", "")
    eventually(lambda: got.read_text() == "hello   'there' $HOME ; # -x\n")


def test_every_way_to_give_the_text(
    reader: Callable[..., Path], mngr: Mngr, home: Path, eventually: Eventually
) -> None:
    got = reader("one")
    (home / "file").write_text("file\nof two lines\n")
    mngr("message", "one", "-m", "option").assert_success()
    mngr("message", "one", "-m", "-dashes --all").assert_success()
    mngr("message", "one", "--message-file", str(home / "file")).assert_success()
    mngr("message", "one", input="stdin\r\nin\ttwo\n").assert_success()
    mngr("message", "one", "--message-file", "-", input="dash\n").assert_success()
    wanted = "option\n-dashes --all\nfile\nof two lines\nstdin\nin\ttwo\ndash\n"
    eventually(lambda: got.read_text() == wanted, 15, got.read_text)


@pytest.mark.slow
def test_a_megabyte_arrives_exactly(reader: Callable[..., Path], mngr: Mngr, eventually: Eventually) -> None:
    got = reader("lines")
    text = text_of(1 << 20)
    mngr("message", "lines", input=text).assert_success()
    eventually(lambda: got.stat().st_size >= len(text.encode()) + 1, 40, lambda: got.stat().st_size)
    assert got.read_bytes() == f"{text}\n".encode()


@pytest.mark.slow
def test_a_megabyte_arrives_exactly_in_raw_mode(
    mngr: Mngr, reader: Callable[..., Path], home: Path, eventually: Eventually
) -> None:
    got = reader("raw", "python3", "-c", RAW, str(home / "raw.got"))
    text = text_of(1 << 20).replace("\n", " ")  # one line, longer than any line mode takes
    mngr("message", "raw", input=text).assert_success()
    eventually(lambda: got.stat().st_size >= len(text.encode()) + 1, 40, lambda: got.stat().st_size)
    assert got.read_bytes() == f"{text}\r".encode()


def test_a_line_that_would_be_cut_is_refused(reader: Callable[..., Path], mngr: Mngr, eventually: Eventually) -> None:
    got = reader("one")
    mngr("message", "one", input="first\n" + "x" * 4096).assert_failure(5, "4095", "4096", "hint: ")
    mngr("message", "one", input="x" * 4095).assert_success()
    eventually(lambda: got.read_text() == "x" * 4095 + "\n")


def test_control_characters_are_left_out(reader: Callable[..., Path], mngr: Mngr, eventually: Eventually) -> None:
    got = reader("one")
    done = mngr("message", "one", "a\x03b\x1b[31mc\x04\x1b]0;title\x07d\x7f\u009bq\x1b[201~e").assert_success()
    assert "control characters were left out" in done.err
    eventually(lambda: got.read_text() == "abcdqe\n", 15, got.read_text)
    row = mngr("message", "one", "x\x01y", "--format", "json").json()[0]
    assert row == {"agent": "one", "result": "typed", "removed": 1}


def test_what_cannot_be_a_message(reader: Callable[..., Path], mngr: Mngr) -> None:
    reader("one")
    for words in (["one", ""], ["one", " \n "], ["one", "\x03"], ["one", "-m", ""], ["one"]):
        mngr("message", *words).assert_failure(2, "empty", "hint: ")
    mngr("message", "one", b"\xff").assert_failure(2, "UTF-8", "hint: ")
    mngr("message", "one", input=b"\xff").assert_failure(2, "UTF-8", "hint: ")
    mngr("message").assert_failure(2, "no agent", "hint: ")
    mngr("message", "one", "-m", "a", "--message-file", "b").assert_failure(2, "twice", "hint: ")
    assert mngr("capture", "one").out == ""


def test_a_program_that_is_gone(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    mngr("create", "ended", "--transfer", "none", "--", "true").assert_success()
    eventually(lambda: mngr.agent("ended")["state"] == "done")
    mngr("message", "ended", "hi").assert_failure(5, "'ended'", "hint: ")
    mngr("stop", "ended").assert_success()
    mngr("message", "ended", "hi").assert_failure(5, "no session", "hint: mngr start ended")


def test_several_targets(reader: Callable[..., Path], mngr: Mngr, eventually: Eventually) -> None:
    files = [reader("a"), reader("b")]
    mngr("message", "a", "b", "-m", "both").assert_success("typed to a", "typed to b")
    done = mngr("message", "a", "nosuch", "b", "-m", "all")
    done.assert_failure(3, "nosuch", "hint: ")
    assert done.lines == ["typed to a", "typed to b"]
    mngr("message", "--all", "everyone").assert_success()
    mngr("message", "-", "-m", "listed", input="a\nb\n").assert_success()
    for file in files:
        eventually(lambda file=file: file.read_text() == "both\nall\neveryone\nlisted\n", 15, file.read_text)


def test_a_text_that_was_not_quoted_is_not_sent(reader: Callable[..., Path], mngr: Mngr) -> None:
    got = reader("one")
    done = mngr("message", "one", "please", "fix", "it")
    done.assert_failure(3, "'please'", "hint: quote the text: mngr message one 'please fix it'")
    mngr("message", "one", "run", "-x").assert_failure(2, "'-x'", "hint: quote the text")
    mngr("message", "one", "later").assert_success()
    assert "please" not in got.read_text()


def test_the_editor_says_what_to_write(
    reader: Callable[..., Path], mngr: Mngr, home: Path, terminal: Callable[..., Terminal], eventually: Eventually
) -> None:
    got = reader("one")
    editor = home / "editor"
    editor.write_text(f'#!/bin/sh\ncp "$1" {home}/seen\nprintf "two\\nlines\\n" >>"$1"\n')
    editor.chmod(0o755)
    assert terminal(["env", f"EDITOR={editor}", *mngr.program, "message", "one"]).wait_for_end() == 0
    assert (home / "seen").read_text().startswith("\n# What to tell one. Lines with # in front are left out")
    eventually(lambda: got.read_text() == "two\nlines\n", 15, got.read_text)
    assert terminal(["env", "EDITOR=true", *mngr.program, "message", "one"]).wait_for_end() == 2


@pytest.mark.slow
def test_senders_that_race_are_never_mixed(reader: Callable[..., Path], mngr: Mngr, eventually: Eventually) -> None:
    got = reader("one")
    texts = ["\n".join([letter * 200] * 40) for letter in "abcdefgh"]
    senders = [mngr.start("message", "one", "-m", text) for text in texts]
    for sender in senders:
        assert (sender.communicate(timeout=60), sender.returncode) == ((b"typed to one\n", b""), 0)
    size = sum(len(text) + 1 for text in texts)
    eventually(lambda: got.stat().st_size >= size, 20, lambda: got.stat().st_size)
    lines = got.read_text().splitlines()
    blocks = ["\n".join(lines[start : start + 40]) for start in range(0, len(lines), 40)]
    assert sorted(blocks) == texts


def test_a_scrolled_terminal_is_brought_back(reader: Callable[..., Path], mngr: Mngr, eventually: Eventually) -> None:
    got = reader("one")
    socket = next(Path(os.environ["TMUX_TMPDIR"]).glob("tmux-*/*")).name
    run("tmux", "-L", socket, "copy-mode", "-t", "=mngr-one:").assert_success()
    mngr("message", "one", "hi").assert_success()
    eventually(lambda: got.read_text() == "hi\n")
