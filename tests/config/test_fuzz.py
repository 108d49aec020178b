"""Whatever files, variables and options say: settings, or an error for the user. Seeded, so that it can be repeated."""

from __future__ import annotations

import os
import random

import pytest

from mngr.config import change
from mngr.config.lines import lines
from mngr.config.schema import SETTINGS
from mngr.model.errors import UserError

KEYS = [
    *(setting.key for setting in SETTINGS),
    "logs",
    "nope",
    "agent_types.a.parent",
    "agent_types.b.parent",
    "commands.create.label",
    "list.fields__extend",
    "agent_types.a.command__extend",
    "templates.x.env.y.z",
    '"quoted key".x',
    "''",
    "a.b.c.d.e.f.g.h.i.j",
    "..",
    "-",
    "é",
    "__extend",
]
VALUES = [
    "1", "-1", "0", "1.5", "nan", "inf", "1e400", "true", '"text"', '"a"', '"b"', "'A B'", '""', '"\\u0000"', "[]",
    '["a", "b"]', "[1, 2]", "[[1]]", "{}", '{ A = "1" }', '{ a = { b = 1 } }', "2026-01-01", "10:00:00", '"""x\ny"""',
    "99999999999999999999999", "0x7f", "1_000", "", "=", "]", "{", '"', "\x00", "\x1b[31m", "é", "\u202e", "# c",
    "[" * 200, "x" * 2000, "[{ x = 1 }]", "\ufeff", "\r", "\t",
]  # fmt: skip
NAMES = ["a", "b", "claude", "x-y", "A", "", "é", "create", "docker", "*", "a__extend"]


def key(chance: random.Random) -> str:
    text = chance.choice(KEYS)
    while "*" in text:
        text = text.replace("*", chance.choice(NAMES), 1) if chance.random() < 0.95 else text.replace("*", "", 1)
    if chance.random() < 0.1:
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(["_", ".", "-", "x", " ", '"', "=", "\n", "__extend"]) + text[place:]
    return text


def document(chance: random.Random) -> str:
    parts: list[str] = []
    for _ in range(chance.randrange(8)):
        section, _, name = key(chance).rpartition(".")
        if section and chance.random() < 0.6:
            parts.append(f"[{section}]" if chance.random() < 0.9 else f"[[{section}]]")
            parts.append(f"{name} = {chance.choice(VALUES)}")
        else:
            parts.append(f"{key(chance)} = {chance.choice(VALUES)}")
    text = chance.choice(["\n", "\n", "\r\n", "\n\n# c\n"]).join(parts)
    if chance.random() < 0.1:
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(VALUES) + text[place + chance.randrange(5) :]
    return text


def look_at_everything(settings) -> None:
    for name in ("a", "b", "claude"):
        settings.agent_type(name)
    for entry in ("logs.keep_days", "list.fields", "commands.create", "agent_types.a.command"):
        settings.get(entry)
        str(settings.origin(entry))
    assert all(str(one) for one in settings.withheld)
    assert all("backend" in table for table in settings.providers.values())
    settings.command_defaults("create")
    settings.require_trust()


def one_case(place, seed: int) -> None:
    chance = random.Random(seed)
    for write in (place.user, place.shared, place.local):
        path = write("")
        content = document(chance).encode("utf-8", "surrogatepass")
        if chance.random() < 0.05:
            content += bytes(chance.randrange(256) for _ in range(10))
        path.write_bytes(content if chance.random() < 0.7 else b"")
        lines(content.decode("utf-8", "replace"))
    environ = {}
    for _ in range(chance.choice([0, 0, 1, 2])):
        name = key(chance).replace(".", "__").upper().replace("=", "")
        environ[f"MNGR__{name}"] = chance.choice(VALUES).replace("\0", "")
    overrides = [f"{key(chance)}={chance.choice(VALUES)}" for _ in range(chance.choice([0, 0, 1, 2]))]
    settings, problems = place.lenient(*overrides, **environ)
    assert all(isinstance(problem, UserError) and "\n" not in problem.message for problem in problems)
    try:
        loaded = place.load(*overrides, **environ)
        assert [str(problem) for problem in problems] == [str(doubt) for doubt in loaded.doubts]
        look_at_everything(loaded)
    except UserError:
        pass
    try:
        look_at_everything(settings)
    except UserError:
        pass
    try:
        change.set_value(str(place.home / ".mngr/config.toml"), key(chance), chance.choice(VALUES))
    except UserError:
        pass


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_a_sample(place, start):
    for seed in range(start, start + 50):
        one_case(place, seed)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_thousand_cases(place):
    for seed in range(int(os.environ.get("SEED", "1000")), int(os.environ.get("SEED", "1000")) + 2000):
        one_case(place, seed)


@pytest.mark.parametrize(
    "setting", ["x" * 100_000, "a." * 50_000 + "b=1", "providers.x." + "a." * 50_000 + "b=1", "=" * 1000]
)
def test_overlong_options(place, setting):
    assert len(place.error(setting).message) < 1000


def test_overlong_values(place):
    assert len(place.error("logs.keep_days=" + "9" * 100_000).message) < 1000
    assert len(place.error("logs.keep_days=" + "x" * 100_000).message) < 1000
    assert place.load("project.name=" + "x" * 100_000).get("project.name") == "x" * 100_000
    assert len(place.error(MNGR__PROVIDERS__X__A="[" * 50_000, MNGR__LOGS="x" * 50_000).message) < 1000
