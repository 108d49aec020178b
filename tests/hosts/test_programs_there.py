"""How the program of an agent comes to a host that lacks it."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from docker_engine import DockerEngine
from program import Mngr, Outcome
from ssh_hosts import SshHost
from talkers import PROGRAMS
from waiting import eventually

from mngr.testing.logins import claude_login
from mngr.testing.model_server import ModelServer

pytestmark = pytest.mark.slow
Hosts = Callable[..., list[SshHost]]

# Says its version, and else stays.
TALKS = '#!/bin/sh\n[ "${1-}" != --version ] || { echo 1.2.3; exit; }\nexec sleep 1000\n'
BARE = ("npm", "node", "nodejs")
MANAGERS = ("apt-get", "apk", "dnf", "yum", "pacman", "zypper", "brew")
# Stands for apt-get, which would install for this machine too; it puts programs where the host finds them.
MANAGER = """#!/bin/sh
echo "$@" >>"$HOME/calls"
case "$*" in
*install*nodejs) ln -s "$(readlink -f /usr/bin/node)" /var/tmp/commands/node ;;
*install*npm) printf '#!/bin/sh\\nexec /usr/bin/npm "$@"\\n' >/var/tmp/commands/npm; chmod +x /var/tmp/commands/npm ;;
esac
"""


def setting(folder: Path, run: str = TALKS) -> tuple[str, str]:
    """Write an npm package of a program `codex`, and return the words by which settings name it."""
    folder.mkdir(exist_ok=True)
    (folder / "run").write_text(run)
    (folder / "run").chmod(0o755)
    (folder / "package.json").write_text('{"name": "codex", "version": "1.2.3", "bin": {"codex": "run"}}')
    return "-S", f"agent_types.codex.package=file:{folder}"


def host(ssh_hosts: Hosts, login_path: str = "/var/tmp/commands", **options: object) -> SshHost:
    """Start a host whose login shell has a PATH."""
    (made,) = ssh_hosts(**options)
    (made.home / ".profile").write_text(f"PATH={login_path}\n")
    return made


def create(mngr: Mngr, *words: str, name: str = "one") -> Outcome:
    return mngr("create", f"{name}@box1.ssh", "codex", "--no-connect", *words, timeout=60)


def installed(box: SshHost) -> list[str]:
    """Return the programs in mngr's own folder on a host, and what is half-made there."""
    folder = box.home / ".mngr" / "programs"
    return sorted(each.name for each in folder.iterdir() if each.suffix != ".lock") if folder.exists() else []


def test_without_npm_it_is_copied_from_here(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    box = host(ssh_hosts, without=(*BARE, *MANAGERS))
    words = setting(tmp_path / "package")
    create(mngr, *words).assert_failure(2, "not installed on box1.ssh", "here with npm, and copy it there", "--yes")
    assert not (mngr.host_dir / "programs").exists()
    made = create(mngr, *words, "--yes", "-v").assert_success("created one (codex)")
    assert "here" in made.err
    (name,) = installed(box)
    assert (mngr.host_dir / "programs" / name / "node_modules/.bin/codex").exists()
    assert f"programs/{name}/node_modules/.bin" in mngr("exec", "one", "command -v codex").out
    was = (box.home / ".mngr/programs" / name).stat().st_ino
    create(mngr, *words, name="two").assert_success("created two")
    assert (box.home / ".mngr/programs" / name).stat().st_ino == was
    shutil.rmtree(box.home / ".mngr/programs")
    mngr("provision", "one", *words).assert_failure(2, "Copy it there from this machine")
    mngr("provision", "one", "two", *words, "--yes", timeout=60).assert_success("provisioned one", "provisioned two")
    assert installed(box) == [name]


def test_a_copy_that_does_not_run_there_is_not_kept(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    box = host(ssh_hosts, without=(*BARE, *MANAGERS))
    words = setting(tmp_path / "package", "#!/bin/sh\necho made for another processor >&2\nexit 7\n")
    create(mngr, *words, "--yes").assert_failure(
        1, "codex could not be installed on box1.ssh", "does not run there (exit 7)", "another processor"
    )
    assert installed(box) == []
    assert mngr.agents() == {}


def test_an_interrupt_leaves_no_half_of_a_copy(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    box = host(ssh_hosts, without=(*BARE, *MANAGERS))
    words = setting(tmp_path / "package", "#!/bin/sh\n: >/var/tmp/asked\nexec sleep 600\n")
    run = mngr.start("create", "one@box1.ssh", "codex", "--no-connect", "--yes", *words)
    eventually((box.folder / "var/tmp/asked").exists, 60)
    assert installed(box)  # half-made, under its name for that
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130, err
    eventually(lambda: installed(box) == [])
    assert mngr.agents() == {}
    create(mngr, *setting(tmp_path / "another"), "--yes").assert_success("created one (codex)")


def test_the_npm_of_the_login_shell_installs_it_there(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("node", "npm"):
        (own / name).symlink_to(f"/usr/bin/{name}")
    package = tmp_path / "package"
    words = setting(package)
    box = host(ssh_hosts, f"{own}:/var/tmp/commands", without=BARE, shared=(str(own), str(package)))
    create(mngr, *words, "--yes").assert_success("created one (codex)")
    assert len(installed(box)) == 1
    assert not (mngr.host_dir / "programs").exists()


def test_where_its_npm_fails_it_is_copied_from_here(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "node").symlink_to("/usr/bin/node")
    (own / "npm").write_text("#!/bin/sh\necho no registry is reached >&2\nexit 1\n")
    (own / "npm").chmod(0o755)
    words = setting(tmp_path / "package")
    box = host(ssh_hosts, f"{own}:/var/tmp/commands", without=BARE, shared=(str(own),))
    create(mngr, *words, "--yes").assert_success("created one (codex)")
    assert len(installed(box)) == 1
    words = setting(tmp_path / "another", "#!/bin/sh\nexit 1\n")
    failed = create(mngr, *words, "--yes", name="two").assert_failure(1, "no registry is reached", "nor could it be")
    assert "two" not in mngr.agents()
    assert len(installed(box)) == 1, failed.err


@pytest.fixture
def without_npm_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave npm out of our own PATH."""
    folder = tmp_path / "commands"
    folder.mkdir()
    for command in (each for place in os.environ["PATH"].split(":") for each in Path(place).glob("*")):
        if command.name not in BARE and not (folder / command.name).is_symlink():
            (folder / command.name).symlink_to(command)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.usefixtures("without_npm_here")
def test_the_package_manager_brings_npm_first(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    own, package = tmp_path / "own", tmp_path / "package"
    own.mkdir()
    (own / "apt-get").write_text(MANAGER)
    (own / "apt-get").chmod(0o755)
    words = setting(package)
    box = host(ssh_hosts, f"{own}:/var/tmp/commands", without=BARE, shared=(str(own), str(package)), path=(str(own),))
    create(mngr, *words).assert_failure(2, "not installed on box1.ssh", "Node.js and npm there with apt-get", "--yes")
    assert not (box.home / "calls").exists()
    create(mngr, *words, "--yes").assert_success("created one (codex)")
    calls = (box.home / "calls").read_text().splitlines()
    assert [line.split()[0] for line in calls] == ["update", "install", "install"]
    assert [line.split()[-1] for line in calls[1:]] == ["nodejs", "npm"]
    assert len(installed(box)) == 1


@pytest.mark.usefixtures("without_npm_here")
def test_a_package_manager_that_fails_is_heard(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "apt-get").write_text("#!/bin/sh\necho E: the archive is closed on Sundays\nexit 100\n")
    (own / "apt-get").chmod(0o755)
    host(ssh_hosts, without=BARE, shared=(str(own),), path=(str(own),))
    create(mngr, *setting(tmp_path / "package"), "--yes").assert_failure(
        1, "node and npm could not be installed on box1.ssh", "closed on Sundays", "hint: "
    )
    assert mngr.agents() == {}


@pytest.mark.usefixtures("without_npm_here")
def test_where_there_is_no_way_it_is_said_why(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    box = host(ssh_hosts, without=(*BARE, *MANAGERS))
    words = setting(tmp_path / "package")
    none = "no package manager that could be used without a password"
    create(mngr, *words, "--yes").assert_failure(1, "not installed on box1.ssh", none, "none here to copy", "Node.js")
    for name, text in (("npm", "exit 1"), ("node", "echo v10.24.1")):
        (box.folder / "var/tmp/commands" / name).write_text(f"#!/bin/sh\n{text}\n")
        (box.folder / "var/tmp/commands" / name).chmod(0o755)
    create(mngr, *words, "--yes").assert_failure(1, "its Node.js (v10.24.1) is older than", "none here to copy")
    assert installed(box) == []
    assert mngr.agents() == {}


def at_hand(mngr: Mngr, kind: str) -> None:
    """Put a program that the tests have into mngr's own folder here."""
    folder = mngr.host_dir / "programs" / kind
    source = Path(PROGRAMS).parent
    packages = {"claude": ["@anthropic-ai"], "codex": ["@openai"]}[kind]
    for package in packages:
        shutil.copytree(source / package, folder / "node_modules" / package, symlinks=True, copy_function=os.link)
    (folder / "node_modules" / ".bin").mkdir()
    link = folder / "node_modules" / ".bin" / kind
    link.symlink_to(os.readlink(Path(PROGRAMS, kind)))


@pytest.mark.skipif(not Path(PROGRAMS, "claude").exists(), reason="Claude Code is not installed")
@pytest.mark.timeout(300)
def test_claude_answers_in_a_container_that_has_no_npm(
    docker_engine: DockerEngine, mngr: Mngr, repo: Path, home: Path
) -> None:
    mngr.env.update({"MNGR_PREFIX": f"t{docker_engine.mark}-", "MNGR__PROVIDERS__DOCKER__BASE": "mngr-test-base"})
    at_hand(mngr, "claude")
    with ModelServer() as model:
        claude_login(home, model.url, [Path("/root")])
        words = ["-b", "network=host", "--yes", "-m", "say it works"]
        for file in (".claude.json", ".claude/settings.json"):
            words += ["--upload-file", f"{home}/{file}:~/{file}"]
        mngr("create", "one@box.docker", "claude", "--new-host", "--no-connect", *words, timeout=240).assert_success()
        eventually(lambda: "it works" in said(mngr, "one"), 60, lambda: mngr("why", "one").out)


@pytest.mark.skipif(not Path(PROGRAMS, "codex").exists(), reason="Codex is not installed")
@pytest.mark.timeout(300)
def test_codex_starts_offline_without_node(docker_engine: DockerEngine, mngr: Mngr, repo: Path, home: Path) -> None:
    mngr.env.update({"MNGR_PREFIX": f"t{docker_engine.mark}-", "MNGR__PROVIDERS__DOCKER__BASE": "mngr-test-base"})
    at_hand(mngr, "codex")
    (home / "auth.json").write_text('{"OPENAI_API_KEY": "sk-none"}')
    words = ["-b", "offline", "--yes", "--upload-file", f"{home}/auth.json:~/.codex/auth.json"]
    mngr("create", "one@box.docker", "codex", "--new-host", "--no-connect", *words, timeout=240).assert_success()
    eventually(lambda: mngr.agent("one")["state"] == "waiting", 60, lambda: mngr("capture", "one").out)
    rows = {row["about"]: row for row in mngr("doctor", "@box.docker", "--format", "json", timeout=60).json()}
    assert rows["box.docker codex"]["says"].startswith("codex-cli")


def said(mngr: Mngr, name: str) -> list[str]:
    """Return what an agent answered."""
    entries = json.loads(mngr("transcript", name, "--format", "json").out or "[]")
    return [entry["text"] for entry in entries if entry["role"] == "assistant"]
