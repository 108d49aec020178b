"""What waits for an agent is delivered once, in order, whoever is ended meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from program import Mngr
from talking import Talk, press

Eventually = Callable[..., object]


def test_queue_and_start(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk("--slow-start", "0.5")
    mngr("stop", "one").assert_success()
    for text in ("first", "second"):
        mngr("message", "one", "--queue", text).assert_success("queued for one (one is stopped: mngr start one)")
    assert one.outbox() == {"first": "queued", "second": "queued"}
    mngr("start", "one").assert_success("started one and delivered 2 queued")
    assert one.heard() == ["first", "second"]
    assert one.outbox() == {"first": "accepted", "second": "accepted"}
    assert (one.folder / "outbox.jsonl").stat().st_mode & 0o777 == 0o600


def test_queue_and_answer(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "ask").assert_success()
    mngr("message", "one", "--queue", "after it").assert_success("queued for one (one is blocked)")
    mngr("answer", "one", "yes").assert_success("answered one: Yes")
    eventually(lambda: one.heard() == ["ask", "after it"], 5)
    eventually(lambda: one.outbox()["after it"] == "accepted")


def test_a_dialog_that_goes_by_itself(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "ask").assert_success()
    mngr("message", "one", "--queue", "one").assert_success("queued")
    mngr("message", "one", "--queue", "two").assert_success("queued")
    eventually(lambda: len(deliverers()) == 1)
    press("one", "", "Enter")
    eventually(lambda: one.heard() == ["ask", "one", "two"], 10)
    eventually(lambda: not deliverers(), 10)


def test_nothing_waits_for_ever(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    talk()
    mngr("message", "one", "ask").assert_success()
    mngr("message", "one", "--queue", "later").assert_success("queued")
    mngr("stop", "one").assert_success()
    eventually(lambda: not deliverers(), 15)


def test_what_waits_goes_first(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("stop", "one").assert_success()
    mngr("message", "one", "--queue", "first").assert_success()
    mngr("message", "one", "--start", "second").assert_success("accepted by one")
    assert one.heard() == ["first", "second"]


def test_to_one_that_waits_it_goes_at_once(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    eventually(lambda: one.state == "waiting")
    mngr("message", "one", "--queue", "now").assert_success("accepted by one")
    assert one.heard() == ["now"]


def test_behind_a_draft(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "hi").assert_success()
    press("one", "mine")
    mngr("message", "one", "--queue", "later").assert_success("queued for one", "somebody is typing")
    press("one", "", "Enter")
    eventually(lambda: one.heard() == ["hi", "mine", "later"], 10)


def test_one_id_is_queued_once(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("stop", "one").assert_success()
    with ThreadPoolExecutor(4) as pool:
        send = ["message", "one", "--queue", "--id", "j", "hello"]
        for done in [pool.submit(mngr, *send) for _ in range(4)]:
            done.result().assert_success("queued")
    mngr("message", "one", "--queue", "--id", "j", "other").assert_failure(2, "another message")
    mngr("start", "one").assert_success()
    assert one.heard() == ["hello"]
    mngr(*send).assert_success("accepted by one")
    assert one.heard() == ["hello"]


def test_many_queue_at_once(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("stop", "one").assert_success()
    texts = [f"{letter} " + letter * 50_000 for letter in "abcdef"]
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(mngr, "message", "one", "--queue", "-m", text) for text in texts]:
            done.result().assert_success("queued")
    mngr("start", "one").assert_success("delivered 6 queued")
    assert sorted(one.heard()) == texts


def test_a_damaged_outbox_hides_nothing(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("stop", "one").assert_success()
    mngr("message", "one", "--queue", "first").assert_success()
    with (one.folder / "outbox.jsonl").open("ab") as file:
        file.write(b'{"id": 1}\n[]\nnull\n\xff\xfe\n{"id": "x", "state": "queued"}\n{"id": "msg-1", "time": "2')
    mngr("message", "one", "--queue", "second").assert_success()
    assert one.outbox() == {"first": "queued", "second": "queued"}
    mngr("start", "one").assert_success()
    assert one.heard() == ["first", "second"]


def test_a_plain_program_gets_it_at_start(mngr: Mngr, repo: object, eventually: Eventually) -> None:
    got = mngr.home / "got"
    mngr("create", "one", "--transfer", "none", "--", "sh", "-c", f"cat >>'{got}'").assert_success()
    mngr("stop", "one").assert_success()
    mngr("message", "one", "--queue", "first").assert_success("queued for one")
    mngr("start", "one").assert_success("delivered 1 queued")
    mngr("message", "one", "second").assert_success("typed to one")
    eventually(lambda: got.read_text() == "first\nsecond\n")
    states = [row["state"] for row in mngr("outbox", "one", "--format", "json").json()]
    assert states == ["typed", "typed"]


def kill_sender_at(mngr: Mngr, sign: Callable[[], object], eventually: Eventually, *words: str) -> None:
    """Begin to send a message, and end mngr by kill -9 as soon as there is a sign."""
    sender = mngr.start("message", "one", *words)
    eventually(sign, 10)
    os.killpg(sender.pid, signal.SIGKILL)
    sender.communicate()


def test_a_sender_is_killed_between_typing_and_enter(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually
) -> None:
    one = talk("--lose", "2")
    kill_sender_at(mngr, lambda: "| half sent" in mngr("capture", "one").out, eventually, "half sent")
    assert one.heard() == []
    assert one.outbox() == {"half sent": "typed"}
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == ["half sent", "next"]
    assert one.outbox() == {"half sent": "accepted", "next": "accepted"}


def test_a_sender_is_killed_before_it_types(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk("--slow-start", "3")
    kill_sender_at(mngr, lambda: one.outbox() == {"early": "queued"}, eventually, "early")
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == ["next"]
    assert one.outbox() == {"early": "failed", "next": "accepted"}


def test_a_sender_is_killed_before_it_saw_the_proof(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually
) -> None:
    one = talk()
    mngr("message", "one", "hello").assert_success()
    box = one.folder / "outbox.jsonl"
    box.write_text("".join(line for line in box.read_text().splitlines(keepends=True) if "accepted" not in line))
    assert one.outbox() == {"hello": "typed"}
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == ["hello", "next"]
    assert one.outbox() == {"hello": "accepted", "next": "accepted"}


def test_a_sender_is_killed_before_the_record_shows_it(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually
) -> None:
    one = talk("--late", "2")
    kill_sender_at(mngr, lambda: "> hello" in mngr("capture", "one").out, eventually, "hello", "--id", "x")
    assert one.heard() == []
    mngr("message", "one", "hello", "--id", "x").assert_success("accepted by one")
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == ["hello", "next"]
    assert one.outbox() == {"hello": "accepted", "next": "accepted"}


def test_a_sender_is_killed_while_the_program_shows_what_is_typed(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually
) -> None:
    one = talk("--lose", "1", "--slow-line", "0.3")
    text = "\n".join(f"line {number}" for number in range(40))
    kill_sender_at(mngr, lambda: "| line 0" in mngr("capture", "one").out, eventually, text)
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == [text, "next"]


def test_the_link_breaks_between_typing_and_enter(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually
) -> None:
    one = talk("--lose", "2")
    sender = mngr.start("message", "one", "half sent")
    eventually(lambda: "| half sent" in mngr("capture", "one").out)
    words = [b"sh", b"-s", str(mngr.host_dir).encode(), one.folder.name.encode()]
    for keyboard in [pid for pid, cmdline in commands() if cmdline[:4] == words]:
        os.kill(keyboard, signal.SIGKILL)
    _, said = sender.communicate(timeout=60)
    assert sender.returncode == 1
    assert b"the message was typed: mngr outbox one" in said
    assert one.outbox() == {"half sent": "typed"}
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == ["half sent", "next"]
    assert one.outbox() == {"half sent": "accepted", "next": "accepted"}


@pytest.mark.parametrize("queued", [False, True])
def test_all_is_killed_after_typing(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually, queued: bool
) -> None:
    one = talk("--lose", "1000")
    eventually(lambda: one.state == "waiting")
    words = ["--queue", "hello"] if queued else ["hello"]
    kill_sender_at(mngr, lambda: "| hello" in mngr("capture", "one").out, eventually, *words)
    one.started_with()
    eventually(lambda: one.outbox() == {"hello": "accepted" if queued else "failed"})
    assert one.heard() == (["hello"] if queued else [])


@pytest.mark.parametrize("end", ["record", "vanish"])
@pytest.mark.parametrize("queued", [False, True])
def test_it_ends_once_its_record_shows_the_message(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually, end: str, queued: bool
) -> None:
    talk(name="two")  # with it there is still a tmux server when the terminal is gone
    one = talk("--at-paste", end)
    eventually(lambda: one.state == "waiting")
    mngr("message", "one", "hello", *(["--queue"] if queued else [])).assert_success("accepted by one")
    assert one.state == ("failed" if end == "record" else "stopped")
    one.started_with()
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == ["hello", "next"]


@pytest.mark.parametrize("queued", [False, True])
def test_it_ends_and_its_record_does_not_show_the_message(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually, queued: bool
) -> None:
    one = talk("--at-paste", "lose")
    eventually(lambda: one.state == "waiting")
    done = mngr("message", "one", "hello", *(["--queue"] if queued else []))
    if queued:
        done.assert_success("queued for one")
    else:
        done.assert_failure(5, "did not take the message: the program that it was typed into has ended", "hint: ")
    one.started_with()
    assert one.heard() == (["hello"] if queued else [])
    mngr("message", "one", "hello", "--id", "x").assert_success("accepted by one")
    assert one.heard() == ["hello"] * (2 if queued else 1)


def test_what_waits_in_a_program_that_is_killed_is_given_again_once(
    talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually
) -> None:
    one = talk()
    mngr("message", "one", "slow 0.5").assert_success()
    mngr("message", "one", "taken", "--wait").assert_success("you said: taken")
    mngr("message", "one", "hang").assert_success()
    for text in ("first", "second"):
        mngr("message", "one", text).assert_success("accepted by one (it waits in the program")
    os.kill(mngr.agent("one")["pid"], signal.SIGKILL)
    eventually(lambda: one.state == "failed")
    for _ in range(2):
        one.started_with()
        eventually(lambda: one.heard()[3:] == ["first", "second"])
    mngr("message", "one", "last").assert_success("accepted by one")
    assert one.heard() == ["slow 0.5", "taken", "hang", "first", "second", "last"]
    assert set(one.outbox().values()) == {"accepted"}


def commands() -> Iterator[tuple[int, list[bytes]]]:
    """Yield all processes, with the words of their command lines."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield int(process.name), (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue


def deliverers() -> list[int]:
    """Return the processes of this test that deliver in the background: mngr, and all its streams are nowhere."""
    home = f"HOME={os.environ['HOME']}".encode()
    found: list[int] = []
    for pid, words in commands():
        try:
            process = Path("/proc", str(pid))
            streams = {os.readlink(process / "fd" / str(stream)) for stream in range(3)}
            if b"message" in words and streams == {os.devnull} and home in (process / "environ").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found
