"""Writes the parts of the documents that follow from the code: the tree, and a page for each command.

python scripts/docs.py           write them
python scripts/docs.py --check   say which of them lag, and fail if any does
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

from mngr.cli.docs import pages
from mngr.config.schema import SETTINGS, TYPES, default_of

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "mngr"
BEGIN, END = "<!-- tree -->\n```\n", "```\n<!-- /tree -->"
# The order of the layers: what is above may import what is below.
LAYERS = (
    "testing cli actions output fleet agent_types providers hosts observe sync plugins transports config model".split()
)
NAME_COLUMNS = 22


def main() -> int:
    """Write or check the documents; return 1 when one lags."""
    wanted = {
        ROOT / "docs" / "architecture.md": architecture(),
        ROOT / "docs" / "config.md": settings(),
        **command_pages(),
    }
    pages = set((ROOT / "docs" / "commands").glob("*.md"))
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    gone = sorted(pages - wanted.keys())
    if "--check" in sys.argv:
        for path in [*stale, *gone]:
            print(f"{path.relative_to(ROOT)} lags; run: .venv/bin/python scripts/docs.py", file=sys.stderr)
        return bool(stale or gone)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    for path in gone:
        path.unlink()
    return 0


def architecture() -> str:
    """Return docs/architecture.md with the tree of now."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{tree()}{END}{after}"


def settings() -> str:
    """Return docs/config.md with every setting of the schema."""
    text = (ROOT / "docs" / "config.md").read_text()
    before, _, rest = text.partition("<!-- settings -->\n")
    _, _, after = rest.partition("<!-- /settings -->")
    return f"{before}<!-- settings -->\n{_settings_table()}<!-- /settings -->{after}"


def _settings_table() -> str:
    lines = ["| key | type | default | meaning | for example |\n| --- | --- | --- | --- | --- |\n"]
    for setting in SETTINGS:
        default = "" if setting.default is None else f"`{json.dumps(default_of(setting))}`"
        cells = (f"`{setting.key}`", TYPES[setting.kind], default, setting.meaning, f"`{setting.example}`")
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def tree() -> str:
    """Draw the source's tree, each file with the first line it says of itself."""
    lines = ["src/mngr/\n"]
    for folder in LAYERS:
        lines += [_line("├── ", f"{folder}/", summary(SOURCE / folder / "__init__.py"))]
        names = [path for path in tracked() if path.is_relative_to(SOURCE / folder) and path.name != "__init__.py"]
        lines += [_line("│   ", str(path.relative_to(SOURCE / folder)), summary(path)) for path in names]
    lines += [_line("└── ", path.name, summary(path)) for path in tracked() if path == SOURCE / "__main__.py"]
    return "".join(lines)


def summary(path: Path) -> str:
    """Return the first line that a file says of itself."""
    text = path.read_text()
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    if path.suffix == ".json":
        return json.loads(text).get("", "")
    comments = [line.partition(" ")[2] for line in text.splitlines() if line.startswith(("# ", "// "))]
    usage, _, after = comments[0].partition(": ")
    told = [after, *comments[1:]] if path.stem in usage.split()[0] else comments
    return " ".join(told).strip().partition(". ")[0].removesuffix(".") + "."


def tracked() -> list[Path]:
    """Return the files of the package that git knows, or would."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "src/mngr"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    return sorted(path for path in (ROOT / name for name in names.split("\0") if name) if path.is_file())


def command_pages() -> dict[Path, str]:
    """Return the pages of commands and topics, as the command line itself describes them."""
    return {ROOT / "docs" / "commands" / f"{name}.md": text for name, text in pages().items()}


def _line(branch: str, name: str, what: str) -> str:
    return f"{branch}{(name + ' ').ljust(NAME_COLUMNS + 4 - len(branch))}{what}\n"


if __name__ == "__main__":
    raise SystemExit(main())
