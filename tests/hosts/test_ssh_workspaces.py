"""Workspaces on SSH hosts: whatever the source is and wherever it is, the agent has it as it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, Outcome, git
from repositories import tree
from ssh_hosts import SshHost

Hosts = Callable[..., list[SshHost]]
PLAIN = ("command", "--no-connect")
SLEEP = ("--", "sleep", "1000")
ME = "-c user.name=Me -c user.email=me@example.com"


def create(mngr: Mngr, address: str, *options: str | Path, timeout: float = 50.0) -> Outcome:
    return mngr("create", address, *PLAIN, *(str(each) for each in options), *SLEEP, timeout=timeout)


def workspace(mngr: Mngr, host: SshHost, name: str) -> Path:
    """Return where the workspace of an agent there is on this machine."""
    (row,) = [row for row in mngr("list", "--format", "json").json() if row["name"] == name]
    return host.home / Path(row["work_dir"]).relative_to("/root")


def untidy(repo: Path) -> None:
    """Leave all kinds of things uncommitted."""
    (repo / "gone").write_text("soon gone\n")
    (repo / "become").write_text("a file\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "More")
    (repo / "README.md").write_text("changed\n")
    (repo / "src/hello.sh").chmod(0o644)
    (repo / "gone").unlink()
    (repo / "become").unlink()
    (repo / "become").mkdir()
    (repo / "become/folder").write_text("now a folder\n")
    (repo / "staged").write_text("staged\n")
    git(repo, "add", "staged")
    for name in ("a b", "quote'\"", "new\nline", "-dash", "ünïcode", os.fsdecode(b"not-utf8-\xff"), "$(x)"):
        (repo / name).write_text(f"{name.encode('utf-8', 'surrogateescape')!r}\n")
    (repo / "link").symlink_to("README.md")
    (repo / "dangling").symlink_to("nowhere")
    (repo / "program").write_text("#!/bin/sh\n")
    (repo / "program").chmod(0o755)
    (repo / ".worktreeinclude").write_text("secret.log\n")
    (repo / "secret.log").write_text("ignored, but wanted\n")
    (repo / "other.log").write_text("ignored\n")


def test_all_that_is_uncommitted_comes_along(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    first, second = ssh_hosts(2)
    untidy(repo)
    before = git(repo, "status", "--porcelain", "-z")
    expected = {path: seen for path, seen in tree(repo).items() if path != "other.log"}
    create(mngr, "a@box1.ssh").assert_success()
    assert tree(workspace(mngr, first, "a")) == expected
    assert git(repo, "status", "--porcelain", "-z") == before
    # From there to another host, back to this machine, and to one more on the same host.
    mngr("exec", "a", "echo more >>README.md; git -c user.name=x -c user.email=x@x commit -qam There").assert_success()
    expected["README.md"] = tree(workspace(mngr, first, "a"))["README.md"]
    create(mngr, "b@box2.ssh", "--from", "a@box1.ssh").assert_success()
    assert tree(workspace(mngr, second, "b")) == expected
    create(mngr, "c@local", "--from", "b@box2.ssh").assert_success()
    assert tree(mngr.agent("c")["work_dir"]) == expected
    create(mngr, "d@box1.ssh", "--from", "a@box1.ssh").assert_success()
    assert tree(workspace(mngr, first, "d")) == expected
    for name in ("b", "c", "d"):
        shown = mngr("exec", name, "git log --format=%s; git config user.name")
        assert shown.lines == ["There", "More", "Start", "A Tester"], name
    create(mngr, "e@box2.ssh", "--no-include-unclean").assert_success()
    assert mngr("exec", "e", "git status --porcelain --ignored").out in ("", "!! secret.log\n")
    create(mngr, "f@box2.ssh", "--ensure-clean").assert_failure(1, "uncommitted")
    assert "f" not in mngr.agents()


def test_only_what_is_missing_is_sent(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    (repo / "large").write_bytes(os.urandom(3_000_000))
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Large")
    create(mngr, "a@box1.ssh").assert_success()
    (store,) = (ssh_host.home / ".mngr/repositories").glob("*.git")

    def packed() -> int:
        return sum(file.stat().st_size for file in (store / "objects").rglob("*") if file.is_file())

    first = packed()
    assert first > 3_000_000
    create(mngr, "b@box1.ssh").assert_success()
    assert packed() == first
    (repo / "small").write_text("small\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Small")
    create(mngr, "c@box1.ssh").assert_success()
    assert first < packed() < first + 20_000
    assert mngr("exec", "c", "git log --format=%s").lines == ["Small", "Large", "Start"]
    files = (workspace(mngr, ssh_host, "c") / ".git/objects").rglob("*")
    assert sum(file.stat().st_size for file in files if file.is_file() and file.stat().st_nlink == 1) < 200_000


def test_sources_of_all_kinds(ssh_host: SshHost, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plain folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/file").write_text("x\n")
    (folder / "link").symlink_to("sub/file")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    create(mngr, "plain@box1.ssh", "--from", folder).assert_success()
    assert tree(workspace(mngr, ssh_host, "plain")) == tree(folder)

    git(repo, "commit", "-q", "--allow-empty", "-m", "Second")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    create(mngr, "shallow@box1.ssh", "--from", tmp_path / "shallow").assert_success()
    assert mngr("exec", "shallow", "git log --format=%s; git fsck 2>&1").lines[0] == "Second"

    git(tmp_path, "init", "-q", "--object-format=sha256", "long")
    (tmp_path / "long/file").write_text("x\n")
    git(tmp_path / "long", "add", "-A")
    git(tmp_path / "long", "commit", "-q", "-m", "Long")
    create(mngr, "long@box1.ssh", "--from", tmp_path / "long").assert_success()
    assert mngr("exec", "long", "git rev-parse HEAD").out.strip() == git(tmp_path / "long", "rev-parse", "HEAD")

    git(repo, "checkout", "-q", "--detach")
    create(mngr, "detached@box1.ssh").assert_success()
    assert mngr("exec", "detached", "git branch --show-current; git log -1 --format=%s").lines == [
        "mngr/detached",
        "Second",
    ]
    git(repo, "branch", "old", "HEAD~1")
    create(mngr, "based@box1.ssh", "--branch", "old:topic").assert_success()
    assert mngr("exec", "based", "git branch --show-current; git log -1 --format=%s").lines == ["topic", "Start"]
    create(mngr, "wrong@box1.ssh", "--branch", "nowhere:topic2").assert_failure(2, "nowhere")
    create(mngr, "wrong@box1.ssh", "--transfer", "worktree").assert_failure(2, "needs a source on box1.ssh")


def test_agents_share_a_repository_that_is_there(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    there = ssh_host.home / "code/shop"
    shutil.copytree(repo, there, symlinks=True)
    (there / "README.md").write_text("changed\n")
    whole = f"@box1.ssh:{Path('/root', 'code/shop')}"
    for name, source in (("a", whole), ("b", "@box1.ssh:code/shop"), ("c", "@box1:~/code/shop")):
        create(mngr, f"{name}@box1.ssh", "--from", source).assert_success()
        assert (workspace(mngr, ssh_host, name) / ".git").is_file()
        assert mngr("exec", name, f"cat README.md; git {ME} commit -qam work").lines == ["changed"]
    assert {row["project"] for row in mngr.agents().values()} == {"shop"}
    assert len(ssh_host.run("git -C code/shop worktree list").out.splitlines()) == 4
    mngr("destroy", "a", "b").assert_success()  # what they committed stays in the repository
    assert mngr("exec", "c", "git log -1 --format=%s mngr/a; git branch | wc -l").lines == ["work", "4"]
    create(mngr, "here@local", "--from", whole).assert_success()
    assert (Path(mngr.agent("here")["work_dir"]) / "README.md").read_text() == "changed\n"
    create(mngr, "d@box1.ssh", "--from", "@box1.ssh").assert_failure(2, "which folder")
    create(mngr, "d@box1.ssh", "--from", "@box1.ssh:/nowhere").assert_failure(1, "/nowhere")
    create(mngr, "d@box1.ssh", "--from", "@nobody:/x").assert_failure(3, "no host")


def test_a_copy_of_a_folder_goes_when_the_folder_is_there(ssh_hosts: Hosts, mngr: Mngr, tmp_path: Path) -> None:
    first, _ = ssh_hosts(2)
    folder = tmp_path / "plain folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/a\nfile").write_text("x\n")
    (folder / "link").symlink_to("sub")
    for name in ("a", "b"):
        create(mngr, f"{name}@box1.ssh", "--from", folder).assert_success()
    create(mngr, "c@box2.ssh", "--from", "b@box1.ssh").assert_success()
    create(mngr, "d@local", "--from", "b@box1.ssh").assert_success()
    mngr("destroy", "a").assert_success("destroyed a")
    (workspace(mngr, first, "b") / "new").write_text("new\n")
    mngr("destroy", "b").assert_failure(7, "1 file differs from the source", "new")
    mngr("destroy", "c").assert_success("destroyed c")
    first.cut()
    mngr("destroy", "d").assert_failure(7, "'@box1.ssh:", "cannot be looked at")
    first.restore()
    (folder / "link").unlink()
    mngr("destroy", "d", "--dry-run").assert_success()
    mngr("destroy", "b", "--force").assert_success()
    mngr("destroy", "d").assert_failure(7, "is not there any more")
    mngr("destroy", "d", "--force").assert_success()
    mngr("restore", "d").assert_success()
    assert (Path(mngr.agent("d")["work_dir"]) / "sub/a\nfile").read_text() == "x\n"


def test_a_git_url_is_cloned_there(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    (host,) = ssh_hosts(shared=(str(repo),))
    create(mngr, "url@box1.ssh", "--from", f"file://{repo}", "--pass-env", "HOME").assert_success()
    assert mngr("exec", "url", "git log --format=%s").lines == ["Start"]
    assert tree(workspace(mngr, host, "url")) == tree(repo)


def test_a_repository_of_many_refs(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    head = git(repo, "rev-parse", "HEAD")
    refs = [f"refs/tags/t{number}" for number in range(1000)] + [f"refs/heads/b/{number}" for number in range(1000)]
    git(repo, "update-ref", "--stdin", input="".join(f"create {ref} {head}\n" for ref in refs).encode())
    create(mngr, "a@box1.ssh").assert_success()
    git(repo, "update-ref", "-d", "refs/heads/b/7")
    git(repo, "update-ref", "refs/heads/b/7/in-the-way", head)
    create(mngr, "b@box1.ssh").assert_success()
    assert len(mngr("exec", "b", "git tag").lines) == 1000
    assert "in-the-way" in mngr("exec", "b", "git branch -a").out


@pytest.mark.slow
def test_large_folders(ssh_host: SshHost, mngr: Mngr, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3000):
        (folder / f"file {number}").write_text(f"{number}\n" * (number % 50))
    create(mngr, "many@box1.ssh", "--from", folder).assert_success()
    assert tree(workspace(mngr, ssh_host, "many")) == tree(folder)


def test_submodules_are_filled_from_host_to_host(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    first, second = ssh_hosts(2)
    git(tmp_path, "init", "-q", "within")
    (tmp_path / "within/file").write_text("within\n")
    git(tmp_path / "within", "add", "-A")
    git(tmp_path / "within", "commit", "-q", "-m", "Within")
    for path in ("a b/within", "not filled"):
        git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "within"), path)
    git(repo, "commit", "-q", "-m", "Submodules")
    git(repo, "submodule", "--quiet", "deinit", "-f", "not filled")
    (repo / "a b/within/new").write_text("new\n")
    done = create(mngr, "a@box1.ssh").assert_success()
    assert "submodule" not in done.err
    assert tree(workspace(mngr, first, "a")) == tree(repo)
    mngr("destroy", "a", "--dry-run").assert_success("would destroy a")
    mngr("exec", "a", "cd 'a b/within' && git -c user.name=x -c user.email=x@x commit -qm There --allow-empty")
    create(mngr, "b@box2.ssh", "--from", "a@box1.ssh").assert_success()
    assert tree(workspace(mngr, second, "b")) == tree(repo)
    assert mngr("exec", "b", "cd 'a b/within' && git log --format=%s").lines == ["There", "Within"]
    assert os.listdir(workspace(mngr, second, "b") / "not filled") == []
    mngr("destroy", "a").assert_failure(7, "1 commit in the submodule a b/within")


def test_large_files_come_and_wait_for_git_lfs(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    (first,), (second,) = ssh_hosts(), ssh_hosts(without=("git-lfs",))
    git(repo, "lfs", "install", "--local", "--skip-repo")
    (repo / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    (repo / "large.bin").write_bytes(b"large" * 100_000)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Large")
    for name in ("a", "b"):
        done = create(mngr, f"{name}@{first.name}.ssh").assert_success()
        assert "large" not in done.err
        assert tree(workspace(mngr, first, name)) == tree(repo)
        assert mngr("exec", name, "git status --porcelain").out == ""
    done = create(mngr, f"c@{second.name}.ssh", "--from", "a").assert_success()
    assert f"is a pointer, for git-lfs is not on {second.name}.ssh" in done.err
    shown = mngr("exec", "c", "git status --porcelain; find .git/lfs/objects -type f -size +400k | wc -l")
    assert shown.lines == ["1"]
    create(mngr, "d@local", "--from", "c").assert_success()
    assert tree(mngr.agent("d")["work_dir"]) == tree(repo)
