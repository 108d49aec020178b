"""`mngr usage`, and the fields `usage.*`: every answer counted once, money never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from notebook import Notebook, answer, installed, line
from program import Mngr


@pytest.fixture
def notebooks(mngr: Mngr, repo: Path, tmp_path: Path) -> dict[str, Notebook]:
    """Return the folders of two agents, `one` and, made later, `two`."""
    mngr.env |= installed(tmp_path / "plugins")
    for name in ("one", "two"):
        mngr("create", name, "notebook", "--no-connect").assert_success()
    return {name: Notebook(mngr.folder(name)) for name in ("one", "two")}


def spent(mngr: Mngr, *options: str, by: str = "agent") -> dict[str, list[object]]:
    """Return tokens in, tokens out and cost, by what they were added up by."""
    rows = mngr("usage", "--by", by, "--format", "json", *options).json()
    return {str(row[by]): [row["input_tokens"], row["output_tokens"], row["cost_usd"]] for row in rows}


def test_agents_projects_days_models_messages(mngr: Mngr, notebooks: dict[str, Notebook]) -> None:
    notebooks["one"].begin().write_bytes(
        line("user", "hello") + answer(1) + answer(2, "gpt-5-2025-08-07", "2026-03-02T00:00:00.000Z")
    )
    notebooks["two"].begin().write_bytes(answer(3, cache_read_tokens=1000, cache_write_tokens=1000))
    each = [1000, 100, 0.00225]
    assert spent(mngr) == {"one": [2000, 200, 0.0045], "two": [1000, 100, 0.003625]}
    assert spent(mngr, by="project") == {"project": [3000, 300, 0.008125]}
    assert spent(mngr, by="day") == {"2026-03-01": [2000, 200, 0.005875], "2026-03-02": each}
    assert spent(mngr, by="model") == {"gpt-5": [2000, 200, 0.005875], "gpt-5-2025-08-07": each}
    assert list(spent(mngr, by="message")) == ["msg_1", "msg_3", "msg_2"]
    assert spent(mngr, "one") == {"one": [2000, 200, 0.0045]}
    assert spent(mngr, "--include", "name == 'two'") == {"two": [1000, 100, 0.003625]}
    assert spent(mngr, "--since", "2026-03-02", by="day") == {"2026-03-02": each}
    assert spent(mngr, "--until", "2026-03-02", by="day") == {"2026-03-01": [2000, 200, 0.005875]}
    assert mngr("usage", "--by", "total", "--format", "{cost_usd} {answers}").lines == ["0.008125 3"]
    table = mngr("usage").lines
    assert [row.split() for row in table[1:]] == [
        ["one", "project", "2", "2,000", "200", "0", "0", "0.0045"],
        ["two", "project", "1", "1,000", "100", "1,000", "1,000", "0.0036"],
        ["total", "3", "3,000", "300", "1,000", "1,000", "0.0081"],
    ]


def test_what_a_copy_copied_counts_once_with_the_oldest(mngr: Mngr, notebooks: dict[str, Notebook]) -> None:
    notebooks["one"].begin().write_bytes(answer(1) + answer(1) + answer(2))
    notebooks["two"].begin().write_bytes(answer(1) + answer(2) + answer(3))
    assert spent(mngr) == {"one": [2000, 200, 0.0045], "two": [1000, 100, 0.00225]}
    assert spent(mngr, "two") == {"two": [1000, 100, 0.00225]}


def test_models_without_a_price_are_named(mngr: Mngr, notebooks: dict[str, Notebook]) -> None:
    notebooks["one"].begin().write_bytes(answer(1, "nobody-knows") + answer(2))
    notebooks["two"].begin().write_bytes(answer(3, "nobody-knows"))
    shown = mngr("usage").assert_success("≥0.0022", " ?")
    assert "no price is known of nobody-knows" in shown.err
    rows = mngr("usage", "--format", "json").json()
    assert [(row["cost_usd"], row["unpriced"]) for row in rows] == [
        (0.00225, ["nobody-knows"]),
        (None, ["nobody-knows"]),
    ]
    mngr("config", "set", 'prices."nobody-knows".input', "1000").assert_success()
    mngr("config", "set", 'prices."nobody-knows".output', "0").assert_success()
    mngr("usage", "-S", "prices.gpt-5.input=-1").assert_failure(2, "0 or more")
    assert spent(mngr) == {"one": [2000, 200, 1.00225], "two": [1000, 100, 1.0]}


def test_the_programs_own_reckoning(mngr: Mngr, notebooks: dict[str, Notebook]) -> None:
    notebooks["one"].begin().write_bytes(answer(1, cost_usd=0.5) + answer(2, "unknown/x", cost_usd=0.25))
    notebooks["two"].begin().write_bytes(answer(3, "unknown/x", cost_usd=0))
    assert spent(mngr) == {"one": [2000, 200, 0.75], "two": [1000, 100, None]}
    own = ["-S", "prices.x.input=1", "-S", "prices.x.output=0", "-S", "prices.gpt-5.output=1"]
    assert spent(mngr, *own) == {"one": [2000, 200, 0.501], "two": [1000, 100, 0.001]}


def test_only_what_is_new_is_read(mngr: Mngr, notebooks: dict[str, Notebook], host_dir: Path) -> None:
    file = notebooks["one"].begin()
    first = answer(1)
    half = answer(2)[:30]
    file.write_bytes(line("user", "hi") + first + half)
    assert spent(mngr)["one"] == [1000, 100, 0.00225]
    kept = host_dir / "cache" / "usage" / f"{notebooks['one'].folder.name}.json"
    assert json.loads(kept.read_bytes())["files"]["notes/one.jsonl"]["end"] == len(line("user", "hi") + first)
    file.write_bytes(b"#" * len(line("user", "hi") + first) + answer(2))
    assert spent(mngr)["one"] == [2000, 200, 0.0045]
    file.write_bytes(answer(7))
    assert spent(mngr)["one"] == [1000, 100, 0.00225]
    for damage in (b"", b"{", b'{"version": 1, "files": {"a": {}}}', b'{"version": 1, "files": []}', b"[]"):
        kept.write_bytes(damage)
        assert spent(mngr)["one"] == [1000, 100, 0.00225]
    kept.unlink()
    assert spent(mngr)["one"] == [1000, 100, 0.00225]


def test_destroyed_agents_count_when_asked_for(mngr: Mngr, notebooks: dict[str, Notebook]) -> None:
    notebooks["one"].begin().write_bytes(answer(1))
    mngr("destroy", "one", "--force").assert_success()
    assert list(spent(mngr)) == ["two"]
    assert spent(mngr, "--destroyed") == {"one": [1000, 100, 0.00225], "two": [0, 0, 0.0]}
    assert spent(mngr, "--destroyed", "one") == {"one": [1000, 100, 0.00225]}
    assert list(spent(mngr, "--destroyed", "--state", "running")) == ["two"]
    mngr("usage", "one").assert_failure(3, "destroyed")


def test_fields_of_list(mngr: Mngr, notebooks: dict[str, Notebook]) -> None:
    notebooks["two"].begin().write_bytes(answer(1) + answer(2, "nobody-knows"))
    mngr("create", "plain", "--no-connect", "--", "sleep", "1000").assert_success()
    fields = ["--fields", "name,usage.cost_usd,usage.output_tokens"]
    rows = [row.split() for row in mngr("list", *fields).lines]
    assert rows == [["NAME", "USD", "OUTPUT"], ["one", "0.00", "0"], ["plain"], ["two", "≥0.0022", "200"]]
    assert [row["usage"]["cost_usd"] for row in mngr("list", "--format", "json").json()] == [None] * 3
    asked = mngr("list", *fields, "--format", "json").json()
    assert [row["usage"]["cost_usd"] for row in asked] == [0.0, None, 0.00225]
    assert asked[2]["usage"]["unpriced"] == ["nobody-knows"]
    assert mngr("list", "--format", "{name} {usage.input_tokens}").lines == ["one 0", "plain ", "two 2000"]
    assert mngr("list", "--names", "--sort", "-usage.input_tokens").lines[-1] != "two"
    assert mngr("list", "--names", "--include", "usage.cost_usd > 0.001").lines == ["two"]
    assert mngr("stop", "--include", "usage.output_tokens >= 200", "--format", "{agent}").lines == ["two"]


def test_nothing_to_count(mngr: Mngr, repo: Path) -> None:
    shown = mngr("usage").assert_success()
    assert shown.out == ""
    assert "no agent here" in shown.err
    mngr("usage", "nobody").assert_failure(3, "nobody")
    mngr("usage", "--by", "colour").assert_failure(2, "colour")
