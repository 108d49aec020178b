"""The tests' own Docker engine: what every other test of containers relies on."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from docker_engine import BASE, BUSYBOX, DockerEngine
from program import run
from ssh_hosts import new_key

SSHD = (
    "mkdir -p -m 755 /run/sshd && exec /usr/sbin/sshd -i -e -f /dev/null -h /keys/host_key"
    " -o AuthorizedKeysFile=/keys/authorized_keys -o LogLevel=ERROR"
)
CONFIG = """Host {name}
  User root
  ProxyCommand docker exec -i {name} sh -c '{sshd}'
  UserKnownHostsFile {home}/known_hosts
  IdentityFile {home}/key
  IdentitiesOnly yes
  BatchMode yes
"""


def test_the_base_image_has_what_a_host_needs(docker_engine: DockerEngine) -> None:
    name = docker_engine.container("--network", "none")
    for command in ("/usr/sbin/sshd", "git", "tmux", "rsync", "ps", "unison", "nft", "ip", "busybox", "flock"):
        docker_engine("exec", name, "sh", "-c", 'command -v "$1"', "sh", command).assert_success()
    shown = docker_engine("exec", name, "sh", "-c", "ls /etc/ssh/ssh_host_* /var/cache/apt/archives/*.deb /root")
    assert shown.out == "/root:\n"


def test_sshd_over_exec_reaches_a_container_without_a_network(docker_engine: DockerEngine, home: Path) -> None:
    name = docker_engine.container("--network", "none")
    ssh = _introduce(docker_engine, name, home)
    assert run(*ssh, "cat; id -un; ls /sys/class/net", input=b"hello\n").assert_success().lines[:3] == [
        "hello",
        "root",
        "lo",
    ]
    assert run(*ssh, "exit 7").code == 7


def test_busybox_alone(docker_engine: DockerEngine) -> None:
    name = docker_engine.container(image=BUSYBOX)
    shown = docker_engine("exec", "-i", name, "sh", input=b"command -v git || echo none; stat -c %n /root\n")
    assert shown.assert_success().lines == ["none", "/root"]


def test_an_image_is_built_from_the_base_image(docker_engine: DockerEngine, home: Path) -> None:
    (home / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo built >/built\nLABEL {docker_engine.label}\n")
    docker_engine("build", "--tag", f"{docker_engine.mark}:new", str(home)).assert_success()
    docker_engine("run", "--rm", f"{docker_engine.mark}:new", "cat", "/built").assert_success("built")


@pytest.mark.parametrize("by", ["label", "name"])
def test_what_bears_the_mark_goes_and_nothing_else(docker_engine: DockerEngine, by: str) -> None:
    other = DockerEngine()
    kept = other.container()
    mark = docker_engine.mark
    label = ["--label", docker_engine.label] if by == "label" else []
    name = f"x-{mark}-y" if by == "name" else f"x-{other.mark}-y"
    try:
        docker_engine("volume", "create", *label, name).assert_success()
        docker_engine("network", "create", *label, name).assert_success()
        options = ["--volume", f"{name}:/data", "--network", name, "--name", name]
        docker_engine("run", "--detach", *label, *options, BASE, "sleep", "1000").assert_success()
        docker_engine("commit", name, *([f"{name}:1"] if by == "name" else [])).assert_success()
        assert [len(docker_engine.left(kind)) for kind in ("container", "network", "volume", "image")] == [1] * 4
        docker_engine("tag", BASE, f"{mark}:{mark}").assert_success()
        docker_engine.clear()
        assert other("ps", "--format", "{{.Names}}", "--filter", f"name={kept}").out == f"{kept}\n"
        docker_engine("image", "inspect", BASE).assert_success()
    finally:
        other.clear()


def test_what_tells_of_the_tests_host_folder_goes_too(docker_engine: DockerEngine, host_dir: Path) -> None:
    docker_engine("run", "--detach", "--label", f"folder={host_dir}", BASE, "sleep", "1000").assert_success()
    assert len(docker_engine.left("container")) == 1
    docker_engine.clear()
    assert docker_engine.left("container") == []


def _introduce(engine: DockerEngine, name: str, home: Path) -> list[str]:
    """Put keys into a container; return the words of a command that runs others there."""
    for key in ("key", "host_key"):
        new_key(home / key)
    files = {"keys/host_key": ("host_key", 0o600), "keys/authorized_keys": ("key.pub", 0o644)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for place, (file, mode) in files.items():
            entry = archive.gettarinfo(home / file, place)
            entry.mode, entry.uid, entry.gid = mode, 0, 0
            archive.addfile(entry, io.BytesIO((home / file).read_bytes()))
    engine("cp", "-", f"{name}:/", input=packed.getvalue()).assert_success()
    (home / "known_hosts").write_text(f"{name} {(home / 'host_key.pub').read_text()}")
    (home / "config").write_text(CONFIG.format(name=name, sshd=SSHD, home=home))
    return ["ssh", "-F", str(home / "config"), name]
