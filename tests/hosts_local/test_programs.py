"""Programs that agents run: found, and installed by the real npm, from packages of the test's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from this_host import this_host
from waiting import eventually

from mngr.hosts.programs import folder_of, install, look, path_for
from mngr.model.conversation import Program
from mngr.model.errors import TimedOutError, UserError
from mngr.transports.far_command import FarCommand
from mngr.transports.host import Host

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on PATH")

HostHas = Callable[..., AbstractContextManager[None]]
LOGIN = "test -z \"${A_KEY-}\" || printf 'login key in the environment\\nvariable B\\nvariable C\\n'"


@pytest.fixture
def host(host_dir: Path) -> Host:
    return this_host(host_dir)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(command="talk", package=f"file:{package(tmp_path / 'talk')}", version="1.2.3", pinned=True)


def package(folder: Path, script: str = "true", command: str = "talk") -> Path:
    """Write a package whose program says its version, and whose installation runs a script."""
    folder.mkdir()
    (folder / "run.js").write_text("#!/usr/bin/env node\nconsole.log('1.2.3')\n")
    (folder / "package.json").write_text(
        f'{{"name": "talk", "version": "1.2.3", "bin": {{"{command}": "run.js"}},'
        f' "scripts": {{"install": "{script}"}}, "engines": {{"node": ">=99"}}}}'
    )
    return folder


def test_what_is_missing_is_installed_once(host: Host, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_engine_strict", "true")
    monkeypatch.setenv("npm_config_ignore_scripts", "true")
    monkeypatch.setenv("npm_config_global", "true")
    path = os.environ["PATH"]
    before = look(host, [program], path)[0]
    assert (before.file, before.login) == (None, None)
    assert before.npm == shutil.which("npm")
    install(host, program, os.environ["PATH"])
    found = look(host, [program], path)[0]
    assert found.file == f"{folder_of(host, program)}/node_modules/.bin/talk"
    assert host.run([found.file]).text == "1.2.3\n"
    was = os.stat(found.file).st_ino
    install(host, program, os.environ["PATH"])
    assert os.stat(found.file).st_ino == was
    assert sorted(os.listdir(f"{host.paths.folder}/programs")) == sorted(
        [os.path.basename(folder_of(host, program)), f"{os.path.basename(folder_of(host, program))}.lock"]
    )


def test_several_at_once_install_it_once(host: Host, tmp_path: Path) -> None:
    log = tmp_path / "installs"
    program = Program("talk", f"file:{package(tmp_path / 'talk', f'echo x >>{log}')}", "1.2.3")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: install(host, program, os.environ["PATH"]), range(4)))
    assert log.read_text() == "x\n"
    assert look(host, [program], os.environ["PATH"])[0].file is not None


def test_a_failure_is_shown_and_leaves_nothing(host: Host, tmp_path: Path) -> None:
    program = Program("talk", f"file:{package(tmp_path / 'talk', 'echo the disk is made of cheese >&2; exit 3')}", "1")
    with pytest.raises(UserError, match="made of cheese"):
        install(host, program, os.environ["PATH"])
    assert [name for name in os.listdir(f"{host.paths.folder}/programs") if not name.endswith(".lock")] == []
    with pytest.raises(UserError, match="npm failed"):
        install(host, Program("talk", f"file:{tmp_path / 'nowhere'}", "1"), os.environ["PATH"])


def test_a_package_without_the_program(host: Host, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="brought no program talk"):
        install(host, Program("talk", f"file:{package(tmp_path / 'other', command='other')}", "1"), os.environ["PATH"])
    assert look(host, [Program("talk", "talk", "1")], os.environ["PATH"])[0].file is None


def test_the_program_itself_is_started_where_npm_has_a_starter_of_it(host: Host, tmp_path: Path) -> None:
    folder = package(tmp_path / "talk")
    (folder / "vendor" / "this-machine").mkdir(parents=True)
    (folder / "vendor" / "this-machine" / "itself").write_text("#!/bin/sh\necho native\n")
    (folder / "vendor" / "this-machine" / "itself").chmod(0o755)
    program = Program("talk", f"file:{folder}", "1.2.3", native="ta*/vendor/*/itself")
    install(host, program, os.environ["PATH"])
    file = look(host, [program], os.environ["PATH"])[0].file
    assert file == f"{folder_of(host, program)}/node_modules/.bin/talk"
    assert host.run(["env", "-i", file]).text == "native\n"


def test_what_a_killed_one_left_is_nobodys(host: Host, program: Program) -> None:
    left = Path(folder_of(host, program)).with_name(f".{Path(folder_of(host, program)).name}.new")
    (left / "node_modules").mkdir(parents=True)
    install(host, program, os.environ["PATH"])
    assert not left.exists()


def test_an_interrupt_leaves_nothing(host: Host, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = Program("talk", f"file:{package(tmp_path / 'talk', f'echo $$ >{pid}; exec sleep 600')}", "1.2.3")
    folder = folder_of(host, program)
    Path(folder).parent.mkdir(parents=True)
    script = host.script_command(["hosts/install.sh", folder, "talk", "", os.environ["PATH"], program.package])
    with host.transport.start(script, 30.0) as process:
        eventually(lambda: pid.exists() and pid.read_text().strip(), 30)
        with pytest.raises(TimedOutError):
            process.result(timeout_seconds=0.1)
        assert process.wait() == (255 if isinstance(process, FarCommand) else 130)  # as one whose link was closed
    eventually(lambda: os.listdir(Path(folder).parent) == [], 10)
    eventually(lambda: not alive(int(pid.read_text())), 10)


def test_path_goes_before_what_mngr_installed_unless_a_version_is_pinned(
    host: Host, program: Program, tmp_path: Path
) -> None:
    install(host, program, os.environ["PATH"])
    other = tmp_path / "bin" / "talk"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    path = f"{other.parent}:{os.environ['PATH']}"
    own = f"{folder_of(host, program)}/node_modules/.bin"
    free = Program("talk", "talk", "1")
    assert look(host, [program], path)[0].file == f"{own}/talk"
    assert look(host, [free], path)[0].file == str(other)
    assert path_for(host, program, path).split(":")[0] == own
    assert path_for(host, free, path).split(":")[-1] == f"{host.paths.folder}/programs/talk/node_modules/.bin"


def test_how_it_is_logged_in(host: Host, tmp_path: Path, host_has: HostHas) -> None:
    script = tmp_path / "login.sh"
    script.write_text(LOGIN)
    programs = [Program("sh", "x", "1", login=str(script)), Program("nosuch", "x", "1", login=str(script))]
    assert [one.login for one in look(host, programs, os.environ["PATH"])] == [None, None]
    with host_has(A_KEY="secret"):
        found = look(host, programs, os.environ["PATH"])
    assert [(one.file, one.login) for one in found] == [
        (shutil.which("sh"), "key in the environment"),
        (None, "key in the environment"),
    ]
    assert found[0].variables == ("B", "C")


@pytest.mark.parametrize(("variable", "users"), [("A_KEY", ""), ("A_KEY", "theirs")])
def test_inside_an_agent_it_is_asked_how_the_user_is_logged_in(
    host: Host, tmp_path: Path, host_has: HostHas, variable: str, users: str
) -> None:
    script = tmp_path / "login.sh"
    script.write_text('echo "login ${A_KEY-unset} ${B_FOLDER-unset}"')
    agents = {"MNGR_AGENT_STATE_DIR": "/state/agent", "B_FOLDER": "/state/agent/private", variable: "the agent's"}
    with host_has(**agents, **{f"MNGR_USER_{variable}": users}):
        found = look(host, [Program("sh", "x", "1", login=str(script))], os.environ["PATH"])[0]
    assert found.login == f"{users or 'unset'} unset"


def alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
