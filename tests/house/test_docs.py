"""The documents say what is there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from program import ROOT, run
from tree import files

import mngr as package

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
# Places of the machine that something was written on.
TEXTS = {".md", ".py", ".sh", ".toml", ".lock"}
FOREIGN = re.compile(r"(?<![\w.])/(?:work|root)/")


def test_what_follows_from_the_code_does_not_lag() -> None:
    run(sys.executable, ROOT / "scripts" / "docs.py", "--check", cwd=ROOT).assert_success()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = [match[0] for match in LINK.findall(document.read_text())]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_project_speaks_of_itself_alone() -> None:
    own = [
        path
        for path in files()
        if path.suffix in {".md", ".py", ".sh", ".toml", ".lock"} and path.name != "test_docs.py"
    ]
    found = [f"{path}: {line}" for path in own for line in path.read_text().splitlines() if FOREIGN.search(line)]
    assert not found


def test_the_change_log_has_what_is_not_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    sections = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert sections[0] == "Unreleased"
    assert package.__version__ in sections or "Unreleased" in sections


def test_the_test_command_is_the_readmes() -> None:
    assert "scripts/test.sh" in (ROOT / "README.md").read_text()
    assert "scripts/test.sh" in (ROOT / ".ci" / "run").read_text()
    run("sh", "-n", ROOT / "scripts" / "test.sh").assert_success()
