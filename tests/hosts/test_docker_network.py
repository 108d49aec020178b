"""What a container can reach when its network is limited, tried from inside as root."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from containers import Containers, say
from docker_engine import BASE, DockerEngine
from waiting import eventually

from mngr.model.errors import UnreachableError, UserError
from mngr.providers.docker import network

ANSWERS = "httpd -f -p 80 -h /"
# Sends a frame by itself, past everything that looks at packets of the host's own.
FRAME = """perl -e '
open(my $f, "<", "/sys/class/net/eth0/ifindex"); my $i = <$f> || 1;
socket(my $s, 17, 3, 0x0300) or die "socket: $!\\n";
send($s, "x" x 60, 0, pack("S n i S C C a8", 17, 0x0800, $i, 1, 0, 6, "x" x 8)) or die "send: $!\\n";
print "sent"'
"""
RAW = 'perl -e \'socket(my $s, 2, 3, 1) or die "socket: $!\\n"; print "made"\''


class Neighbours:
    """Two containers on a network of the test's own that answer whoever asks."""

    def __init__(self, engine: DockerEngine) -> None:
        self.engine = engine
        self.net = f"net-{engine.mark}"
        subnet = f"fd00:{engine.mark[:4]}:{engine.mark[4:8]}:1::/64"
        engine("network", "create", "--ipv6", f"--subnet={subnet}", "--label", engine.label, self.net).assert_success()
        self.names = [self._start(), self._start()]
        self.addresses = [self._address(name, "IPAddress") for name in self.names]
        self.sixth = [self._address(name, "GlobalIPv6Address") for name in self.names]
        gateway = "{{(index .IPAM.Config 0).Gateway}} {{(index .IPAM.Config 1).Gateway}}"
        shown = engine("network", "inspect", "--format", gateway, self.net).assert_success().out.split()
        self.gateway = next(each for each in shown if "." in each).partition("/")[0]

    def _start(self) -> str:
        name = self.engine.container("--network", self.net)
        self.engine("exec", "--detach", name, "busybox", *ANSWERS.split()).assert_success()
        return name

    def _address(self, name: str, key: str) -> str:
        shown = f"{{{{range .NetworkSettings.Networks}}}}{{{{.{key}}}}}{{{{end}}}}"
        return self.engine("inspect", "--format", shown, name).assert_success().out.strip()


@pytest.fixture
def neighbours(docker_engine: DockerEngine) -> Neighbours:
    return Neighbours(docker_engine)


@pytest.fixture
def service() -> Iterator[int]:
    """Return the port of a service of the engine's own machine that listens at every address."""
    listener = socket.create_server(("0.0.0.0", 0))
    listener.settimeout(0.2)
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.sendall(b"of the machine\n")
            connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    yield listener.getsockname()[1]
    over.set()
    thread.join()
    listener.close()


def reaches(host: object, address: str, port: int = 80) -> bool:
    """Tell whether something answers at an address."""
    where = f"{address} {port}"
    return "open" in say(host, f"busybox nc -w 3 {where} </dev/null >/dev/null && echo open", check=False)


def test_nothing_is_reached_offline(containers: Containers, neighbours: Neighbours, service: int) -> None:
    other = containers.make("open", f"network={neighbours.net}")
    targets = [(neighbours.addresses[0], 80), (neighbours.sixth[0], 80), (neighbours.gateway, service)]
    assert all(reaches(other, *target) for target in targets)  # so that what follows says something
    assert (say(other, FRAME), say(other, RAW)) == ("sent", "made")
    host = containers.make("one", "offline")
    assert containers.find("one").network == "offline"
    assert not any(reaches(host, *target) for target in targets)
    assert say(host, "ls /sys/class/net; cat /proc/net/route | wc -l").split() == ["lo", "1"]
    assert "Operation not permitted" in say(host, FRAME, check=False)
    assert "Operation not permitted" in say(host, RAW, check=False)
    assert "open" not in say(host, f"busybox nslookup {neighbours.names[0]} 2>&1 && echo open", check=False)
    containers.provider.stop(host)
    host = containers.provider.start(containers.find())
    assert not any(reaches(host, *target) for target in targets)


@pytest.mark.slow
def test_only_what_is_on_the_list_is_reached(containers: Containers, neighbours: Neighbours, service: int) -> None:
    first, second = neighbours.addresses
    host = containers.make("one", f"network={neighbours.net}", f"cidr-allowlist={first}/32")
    assert containers.find().network == f"allow {first}/32"
    assert reaches(host, first)
    refused = [second, *neighbours.sixth]
    assert not any(reaches(host, each) for each in refused)
    assert not reaches(host, neighbours.gateway, service)
    assert "sent" not in say(host, FRAME, check=False)
    assert "made" not in say(host, RAW, check=False)
    asked = f"busybox timeout 5 busybox nslookup {neighbours.names[0]} 2>&1; echo over"
    assert first not in say(host, asked, check=False)
    own = say(host, "hostname -I").split()[0]
    say(host, f"busybox {ANSWERS} & exit 0")
    knock = f"busybox nc -w 2 {own} 80 </dev/null && echo in"
    assert "in" not in containers.engine("exec", neighbours.names[0], "sh", "-c", knock).out
    for attack in (
        "nft flush ruleset",
        "nft add rule inet mngr out accept",
        "nft delete table inet mngr",
        "ip addr add 10.99.0.1/24 dev eth0",
        "ip route add 10.98.0.0/16 via 10.99.0.2",
        "ip link add other type dummy",
        "unshare --net true",
        "unshare --user --map-root-user --net true",
        "mount -t proc proc /mnt",
        "echo 1 >/proc/sys/net/ipv4/ip_forward",
        "nsenter --net=/proc/1/ns/net --user=/proc/1/ns/user nft flush ruleset",
    ):
        assert "worked" not in say(host, f"{attack} && echo worked", check=False), attack
    assert not reaches(host, second)


def test_names_and_the_sixth_version_where_they_are_wished(containers: Containers, neighbours: Neighbours) -> None:
    first, second = neighbours.sixth
    limits = [f"cidr-allowlist={first}/128,{neighbours.addresses[0]}/32", "dns"]
    host = containers.make("one", f"network={neighbours.net}", *limits)
    assert reaches(host, first)
    assert reaches(host, neighbours.names[0])
    assert not reaches(host, second)
    assert not reaches(host, neighbours.names[1])


@pytest.mark.slow
def test_every_order_of_stops_and_starts_leaves_it_shut(containers: Containers, neighbours: Neighbours) -> None:
    first, second = neighbours.addresses
    host = containers.make("one", f"network={neighbours.net}", f"cidr-allowlist={first}/32")
    name, holder = containers.name(), f"{containers.name()}.rules"

    containers.provider.stop(host)  # both go down and come back together
    running = containers.docker("ps", "--format", "{{.Names}}").split()
    assert not {name, holder} & set(running)
    refused = containers.engine("start", name)  # the engine itself refuses without the holder
    assert refused.code != 0
    host = containers.provider.start(containers.find())
    assert (reaches(host, first), reaches(host, second)) == (True, False)

    containers.docker("restart", "-t", "2", name)  # the host alone
    host = containers.find()
    assert (reaches(host, first), reaches(host, second)) == (True, False)

    containers.docker("stop", "-t", "2", holder)  # the holder alone: all doors are shut
    assert (reaches(host, first), reaches(host, second)) == (False, False)
    containers.docker("start", holder)  # it has a new network, which the host is not in
    assert (reaches(host, first), reaches(host, second)) == (False, False)
    host = containers.provider.start(containers.find())
    assert (reaches(host, first), reaches(host, second)) == (True, False)

    containers.docker("kill", name)
    containers.docker("rm", "-f", holder)
    with pytest.raises(UserError, match="lost the holder"):
        containers.provider.start(containers.find())
    containers.provider.destroy(containers.find())
    containers.check_nothing_is_left()


def test_broken_rules_start_nothing(containers: Containers, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = network.rules(["192.0.2.0/24"], []).replace("policy drop;", "policy", 1)
    with monkeypatch.context() as patch:
        patch.setattr(network, "rules", lambda *_: broken)
        with pytest.raises(UserError, match=r"rules of the network could not be loaded: .*syntax error"):
            containers.make("one", "cidr-allowlist=192.0.2.0/24")
    containers.check_nothing_is_left()


def test_a_holder_goes_with_its_host_even_if_that_was_removed_by_hand(containers: Containers) -> None:
    host = containers.make("one", "cidr-allowlist=192.0.2.0/24")
    assert len(containers.engine.left("container")) == 2
    assert [each.name for each in containers.provider.hosts()] == ["one"]
    containers.docker("rm", "-f", containers.name())
    assert list(containers.provider.hosts()) == []
    with pytest.raises(UnreachableError, match="has gone"):
        containers.provider.start(host)
    containers.provider.destroy(host)
    containers.check_nothing_is_left()


def test_limits_are_not_lost_by_way_of_a_snapshot(containers: Containers) -> None:
    host = containers.make("one", "offline", "user=agent")
    saved = containers.provider.snapshot(host, None)
    again = containers.make("two", snapshot=saved.id)
    assert (again.network, say(again, "id -un; grep -c 'CapBnd:.*[^0]$' /proc/self/status", check=False)) == (
        "offline",
        "agent\n0",
    )
    assert containers.make("three", "offline=false", snapshot=saved.id).network == "open"


def test_a_holder_is_of_mngrs_own_image_and_may_do_nothing_but_load_rules(containers: Containers) -> None:
    containers.make("one", f"image={BASE}", "cidr-allowlist=192.0.2.0/24")
    holder = f"{containers.name()}.rules"
    shown = containers.docker(
        "inspect",
        "--format",
        "{{.Config.Image}} {{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}} {{.HostConfig.ReadonlyRootfs}}",
        holder,
    )
    assert shown.startswith("mngr:")
    assert shown.split(" ", 1)[1].strip().replace("CAP_", "") == "[ALL] [NET_ADMIN] true"
    eventually(lambda: "running" in containers.docker("inspect", "--format", "{{.State.Status}}", holder))
