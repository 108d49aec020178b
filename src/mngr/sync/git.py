"""Git commands that run nothing of the repository's own, and reading what git says."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.value import value

# No hook, no file system monitor, no program named by a transport; no lock that is not needed, patience with those
# that are. The scripts of this folder say the same.
GIT = [
    "git",
    "--no-optional-locks",
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "submodule.recurse=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "core.filesRefLockTimeout=30000"),
    *("-c", "core.packedRefsTimeout=30000"),
]
_STATUS = [
    "status",
    "--porcelain=v2",
    "--branch",
    "--no-ahead-behind",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=none",
]
_ABSENT = "000000"
_NOT_IN_NAMES = frozenset(" ~^:?*[\\\x7f") | {chr(code) for code in range(32)}


def command(folder: str, *words: str) -> list[str]:
    """Return a git command for a folder."""
    return [*GIT, "-C", folder, *words]


def status_command(folder: str) -> list[str]:
    """Return the git command that `read_status` understands the output of."""
    return command(folder, *_STATUS)


@value
class Status:
    """What differs between a working tree and its HEAD; paths are relative to the root of the working tree."""

    head: str | None = None  # the commit, None if there is none yet
    branch: str | None = None
    changed: list[str] = []  # tracked, differs, and is there
    gone: list[str] = []  # in HEAD or the index, but not there
    untracked: list[str] = []
    nested: list[str] = []  # repositories inside the working tree that git knows nothing of
    submodules: list[str] = []  # submodules with another commit, changes or untracked files

    @property
    def clean(self) -> bool:
        """Tell whether nothing differs."""
        return not (self.changed or self.gone or self.untracked or self.nested or self.submodules)

    @property
    def paths(self) -> list[str]:
        """Return all paths that differ."""
        return [*self.changed, *self.gone, *self.untracked, *self.nested, *self.submodules]


def read_status(out: bytes) -> Status:
    """Read what `status_command` printed."""
    facts: dict[str, str] = {}
    found: dict[str, list[str]] = {"changed": [], "gone": [], "untracked": [], "nested": [], "submodules": []}
    for line in out.decode("utf-8", "surrogateescape").split("\0"):
        if line.startswith("# "):
            key, _, text = line[2:].partition(" ")
            facts[key] = text
        elif line:
            kind, path = _entry(line)
            found[kind].append(path)
    head, branch = facts.get("branch.oid"), facts.get("branch.head")
    return Status(
        head=None if head == "(initial)" else head, branch=None if branch == "(detached)" else branch, **found
    )


def _entry(line: str) -> tuple[str, str]:
    if line[0] == "?":
        path = line[2:]
        return ("nested", path[:-1]) if path.endswith("/") else ("untracked", path)
    fields = line.split(" ", 10 if line[0] == "u" else 8)
    in_working_tree = fields[6] if line[0] == "u" else fields[5]
    if fields[2].startswith("S"):
        return "submodules", fields[-1]
    return ("gone" if in_working_tree == _ABSENT else "changed"), fields[-1]


def check_branch(name: str) -> str:
    """Return name if git takes it for a branch, else raise UsageError."""
    parts = name.split("/")
    wrong = (
        name in ("", "@", "HEAD")
        or name.startswith("-")
        or name.endswith(".")
        or ".." in name
        or "@{" in name
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
        or any(character in _NOT_IN_NAMES for character in name)
    )
    if wrong:
        raise UsageError(f"{name!r} is not a name that git allows for a branch", hint="--branch [BASE][:NEW]")
    return name


@value
class BranchWish:
    """What `--branch [BASE][:NEW]` asks for."""

    base: str = ""  # "" is HEAD
    new: str | None = None  # None is the default name
    on_base: bool = False  # no new branch


def read_branch(text: str | None) -> BranchWish:
    """Read `[BASE][:NEW]`; nothing after the colon means to work on BASE itself. Raises UsageError."""
    if text is None:
        return BranchWish()
    base, colon, new = text.partition(":")
    if not base and not new:
        raise UsageError("--branch names no branch", hint="--branch [BASE][:NEW]")
    if base.startswith("-") or any(character < " " for character in base):
        raise UsageError(f"{base!r} is not a branch or commit", hint="--branch [BASE][:NEW]")
    return BranchWish(base, check_branch(new) if new else None, on_base=bool(colon) and not new)


def nul_list(paths: list[str]) -> bytes:
    """Return paths as the scripts read them: NUL after each, none that could be taken for a flag."""
    return b"".join(b"./" + path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)


def read_nul_list(out: bytes) -> list[str]:
    """Read what `nul_list` writes, or git with `-z`."""
    return [path.removeprefix("./") for path in out.decode("utf-8", "surrogateescape").split("\0") if path]
