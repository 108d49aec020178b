"""Containers as hosts: how they are made and entered, and that a failure leaves nothing."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from containers import Containers, say
from docker_engine import BASE, BUSYBOX
from program import git, run

from mngr.model.errors import UnreachableError, UsageError, UserError
from mngr.model.host import HostWish
from mngr.providers.docker import PLUGIN, found
from mngr.transports.quoting import join


def test_a_host_is_made_entered_and_destroyed(containers: Containers) -> None:
    host = containers.make("one")
    assert (host.name, host.provider, host.state, host.network) == ("one", "docker", "running", "open")
    assert say(host, "id -un; hostname; cat ~/.mngr/host.json").splitlines() == [
        "root",
        "one",
        f'{{"id": "{host.id}"}}',
    ]
    assert host.run(["sh", "-c", "cat; exit 7"], b"in\0out\n", check=False).out == b"in\0out\n"
    assert host.run(["sh", "-c", "exit 7"], check=False).code == 7
    assert containers.steps[-3:] == ["container", "start", "ssh"]
    shown = containers.docker(
        "inspect", "--format", "{{json .NetworkSettings.Ports}} {{.Config.Cmd}}", containers.name()
    )
    assert shown == "{} [/etc/mngr/main.sh]\n"
    assert " 0A " not in say(host, "cat /proc/net/tcp /proc/net/tcp6")  # nothing waits for connections
    containers.provider.destroy(host)
    assert containers.state() is None
    containers.check_nothing_is_left()
    containers.provider.destroy(host)


def test_files_and_commits_travel_without_any_network(containers: Containers, repo: Path) -> None:
    host = containers.make("one", "offline")
    ssh = join(host.transport.bulk())
    run("rsync", "-a", "-e", ssh, f"{repo}/", f"{host.transport.place.destination}:/tmp/copy/").assert_success()
    assert say(host, "cat /tmp/copy/src/hello.sh; ls /sys/class/net").splitlines()[-2:] == ["echo hello", "lo"]
    say(host, "git init -q --bare /tmp/bare")
    os.environ["GIT_SSH_COMMAND"] = ssh
    try:
        git(repo, "push", "-q", f"{host.transport.place.destination}:/tmp/bare", "main")
    finally:
        del os.environ["GIT_SSH_COMMAND"]
    assert say(host, "git -C /tmp/bare log --format=%s main") == "Start"


def test_a_terminal_has_the_size_of_ours(containers: Containers, terminal: Callable[..., object]) -> None:
    host = containers.make("one")
    screen: object = terminal(host.transport.wrap(["sh", "-c", "stty size; cat"], tty=True), columns=91, rows=33)
    screen.wait_for("33 91")  # type: ignore[attr-defined]


def test_sessions_have_the_variables_of_the_image(containers: Containers, home: Path) -> None:
    (home / "Dockerfile").write_text(
        f'FROM {BASE}\nLABEL {containers.engine.label}\nARG WHAT\nENV ONE="a \'b\' \\"c\\" \\\\d \\$e %f" TWO=$WHAT\n'
        "ENV PATH=/opt/tools:$PATH\n"
    )
    host = containers.make("one", f"context={home}", "build-arg=WHAT=two words", start=["--env", "THREE=3"])
    assert say(host, 'printf "%s\\n" "$ONE" "$TWO" "$THREE" "$LANG" "${PATH%%:*}"').splitlines() == [
        "a 'b' \"c\" \\d $e %f",
        "two words",
        "3",
        "C.UTF-8",
        "/opt/tools",
    ]
    assert any(step.startswith("image: ") and "ENV PATH" in step for step in containers.steps)


def test_a_user_without_rights(containers: Containers) -> None:
    host = containers.make("one", "user=agent")
    seen = say(host, "id -un; pwd; grep -c 'Cap.*:.0*$' /proc/self/status; grep NoNewPrivs /proc/self/status")
    assert seen.split() == ["agent", "/home/agent", "5", "NoNewPrivs:", "1"]
    assert host.paths.folder == "/home/agent/.mngr"
    with pytest.raises(UserError, match="has no user 'nobody-here'"):
        containers.make("two", "user=nobody-here")
    assert containers.state("two") is None


def test_keys_are_ours_alone_and_differ_from_host_to_host(containers: Containers, host_dir: Path) -> None:
    first, second = containers.make("one"), containers.make("two")
    for folder in (containers.kept / first.id, host_dir / "ssh"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    known = [(containers.kept / host.id / "known_hosts").read_text().split() for host in (first, second)]
    assert known[0][2] != known[1][2]
    assert not list(host_dir.rglob("*host_key*"))  # the private half is in the container alone
    assert say(first, "stat -c %a:%u /etc/mngr /etc/mngr/host_key /etc/mngr/authorized_keys").split() == [
        "755:0",
        "600:0",
        "644:0",
    ]


def test_another_host_key_than_the_one_that_was_pinned_is_refused(containers: Containers) -> None:
    host = containers.make("one")
    say(host, "rm /etc/mngr/host_key; ssh-keygen -q -t ed25519 -N '' -f /etc/mngr/host_key")
    host.transport.close()
    with pytest.raises(UnreachableError, match="another host key"):
        host.run(["true"])


def test_another_machine_finds_and_enters_the_same_host(containers: Containers, tmp_path: Path) -> None:
    made = containers.make("one")
    other = Containers(containers.engine, tmp_path / "elsewhere")
    host = other.find()
    assert host.id == made.id
    assert say(host, "wc -l </etc/mngr/authorized_keys; cat ~/.mngr/host.json") == f'2\n{{"id": "{made.id}"}}'
    assert say(made, "echo still here") == "still here"
    host.transport.close()


def test_a_name_that_is_taken(containers: Containers) -> None:
    host = containers.make("one")
    with pytest.raises(UserError, match="already"):
        containers.make("one")
    with pytest.raises(UserError, match="already"):
        containers.make("one", "cidr-allowlist=192.0.2.0/24")
    assert say(host, "echo untouched") == "untouched"
    assert len(containers.engine.left("container")) == 1


def test_a_host_can_be_renamed(containers: Containers) -> None:
    containers.make("two")
    host = containers.make("one", "cidr-allowlist=192.0.2.0/24")
    renamed = containers.provider.rename(host, "other")
    assert (renamed.name, renamed.id, say(renamed, "echo hi")) == ("other", host.id, "hi")
    assert containers.state("one") is None
    with pytest.raises(UserError, match="there is one of that name already"):
        containers.provider.rename(renamed, "two")
    containers.provider.destroy(renamed)
    assert len(containers.engine.left("container")) == 1


FAILURES = {
    "no such image": (["image=localhost:1/none"], {}, "there is no image 'localhost:1/none'"),
    "no sshd": ([f"image={BUSYBOX}"], {}, "has no sshd"),
    "no such network": (["network=none-such"], {}, "none-such"),
    "no such network to limit": (["network=none-such", "cidr-allowlist=192.0.2.0/24"], {}, "none-such"),
    "no such runtime": (["runtime=none-such"], {}, "none-such"),
    "the engine refuses an option": ([], {"start": ["--ulimit", "nonsense"]}, "ulimit"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_leaves_nothing(containers: Containers, case: str) -> None:
    build, wish, said = FAILURES[case]
    with pytest.raises(UserError, match=said):
        containers.make("one", *build, **wish)
    containers.check_nothing_is_left()


@pytest.mark.parametrize("moment", ["container", "start", "ssh"])
def test_an_interruption_leaves_nothing(containers: Containers, moment: str) -> None:
    def step(text: str) -> None:
        if text == moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        containers.make("one", "cidr-allowlist=192.0.2.0/24", step=step)
    containers.check_nothing_is_left()


def test_a_build_that_fails_says_how(containers: Containers, home: Path) -> None:
    (home / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo before the end; exit 3\n")
    with pytest.raises(UserError, match=r"(?s)could not be built.*before the end"):
        containers.make("one", f"file={home}/Dockerfile")
    containers.check_nothing_is_left()
    with pytest.raises(UserError, match="there is no file"):
        containers.make("one", f"file={home}/none")
    assert not list(containers.kept.glob("*.iid"))


def has_buildkit(command: str) -> bool:
    """Tell whether a `docker` builds by BuildKit: it was a part of it before it became a component of its own."""
    version = run(command, "--version").assert_success().out.split()[2]
    return int(version.partition(".")[0]) < 23 or run(command, "buildx", "version").code == 0


@pytest.mark.parametrize("command", ["docker", "/usr/bin/docker"])
def test_a_secret_of_a_build_is_in_nothing_that_stays(containers: Containers, home: Path, command: str) -> None:
    if not shutil.which(command):
        pytest.skip("it is elsewhere")
    containers.provider = PLUGIN(containers.environ, "docker", {**containers.settings, "command": command})
    (home / "token").write_text("hunter2-of-the-test\n")
    (home / "Dockerfile").write_text(
        f"# syntax\nFROM {BASE}\nLABEL {containers.engine.label}\n"
        "RUN --mount=type=secret,id=token test -s /run/secrets/token && echo had it >/seen\n"
    )
    (home / ".dockerignore").write_text("token\n")
    words = [f"context={home}", f"secret=token={home}/token"]
    if not has_buildkit(command):
        with pytest.raises(UserError, match="lacks BuildKit"):
            containers.make("one", *words)
        containers.check_nothing_is_left()
        return
    host = containers.make("one", *words)
    assert say(host, "cat /seen; ls /run/secrets/token 2>/dev/null", check=False) == "had it"
    image = containers.docker("inspect", "--format", "{{.Image}}", containers.name()).strip()
    told = containers.docker("history", "--no-trunc", image) + containers.docker("inspect", image, containers.name())
    assert "hunter2" not in told


def test_what_does_not_answer_costs_its_own_hosts(containers: Containers, host_dir: Path) -> None:
    host = containers.make("one")
    nowhere = {"base": BASE, "host": f"unix://{host_dir}/nothing"}
    with pytest.raises(UnreachableError, match="does not answer"):
        PLUGIN(containers.environ, "docker", nowhere).hosts()
    known = containers.kept / host.id / "known"
    where = known.read_text().split("\n")[0]
    known.write_text(
        known.read_text().replace(where, f"docker --host=unix://{host_dir}/nothing {os.environ['DOCKER_HOST']} ")
    )
    host.transport.close()
    (silent,) = PLUGIN(containers.environ, "docker", nowhere).hosts()
    assert (silent.name, silent.id, silent.state) == ("one", host.id, "unreachable")
    with pytest.raises(UnreachableError, match="does not answer"):
        silent.run(["true"])
    missing = PLUGIN(containers.environ, "docker", {"command": "no-such-podman"})
    with pytest.raises(UnreachableError, match="no-such-podman is not on PATH"):
        missing.create(HostWish(name="two"), print)


def test_settings_preset_build_words(containers: Containers, tmp_path: Path) -> None:
    other = Containers(containers.engine, tmp_path / "elsewhere", user="agent", offline=True, memory="512m")
    host = other.make("one")
    assert (host.network, say(host, "id -un")) == ("offline", "agent")
    assert containers.docker("inspect", "--format", "{{.HostConfig.Memory}}", containers.name()) == f"{512 << 20}\n"
    with pytest.raises(UsageError, match="has no setting 'memori'"):
        PLUGIN(containers.environ, "docker", {"memori": "1g"})
    host.transport.close()


def test_an_engine_that_keeps_silent_is_not_waited_for(
    containers: Containers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tempfile.mkdtemp(prefix="mngr-t", dir="/tmp")  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{folder}/socket")
        silent.listen()
        monkeypatch.setattr(found, "ASK_SECONDS", 1.0)
        with pytest.raises(UnreachableError, match="did not answer within 1 s"):
            PLUGIN(containers.environ, "docker", {"host": f"unix://{folder}/socket"}).hosts()
    shutil.rmtree(folder)


def test_several_are_made_at_once_on_a_machine_that_never_made_one(containers: Containers) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda name: containers.make(name, "offline"), ["one", "two", "three", "four"]))
    assert {say(host, "hostname") for host in made} == {"one", "two", "three", "four"}
    assert len({host.id for host in made}) == 4


def test_an_engine_is_chosen_by_its_context(containers: Containers, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = containers.engine
    engine("context", "create", engine.mark, "--docker", f"host={engine.address}").assert_success()
    provider = PLUGIN(containers.environ, "docker", {**containers.settings, "context": engine.mark})
    with monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///nowhere")
        host = provider.create(HostWish(name="one"), print)
        assert say(host, "hostname") == "one"
        assert [each.name for each in provider.hosts()] == ["one"]
        provider.destroy(host)
    with pytest.raises(UsageError, match="a host and a context"):
        PLUGIN(containers.environ, "docker", {"context": "x", "host": "y"})
