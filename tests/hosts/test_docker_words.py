"""What may be wished of a container: checked before anything is made."""

from __future__ import annotations

import pytest

from mngr.model.errors import UsageError
from mngr.model.host import HostWish
from mngr.providers.docker.network import described, rules
from mngr.providers.docker.shape import Shape, shape_of
from mngr.providers.docker.words import check_words


def wish(*build: str, **more: object) -> Shape:
    pairs = [(key, text) for key, _, text in (word.partition("=") for word in build)]
    shape = shape_of(HostWish(name="x", build=pairs, **more), {})  # type: ignore[arg-type]
    check_words(shape)
    return shape


WRONG = {
    "memori=1g": "did you mean memory",
    "cpu=many": "no number of processors",
    "cpu=-1": "needs a text",
    "image=": "needs a text",
    "image=--privileged": "needs a text",
    "cidr-allowlist=example.com": "no network of addresses",
    "cidr-allowlist=10.0.0.1/8": "no network of addresses",
    "offline=maybe": "on or off",
    "dns": "adds names to a cidr-allowlist",
    "build-arg=nothing": None,
    "build-arg==x": "sets no variable",
    "offline cidr-allowlist=10.0.0.0/8": "reaches nothing",
    "offline network=x": "has no network",
    "network=host cidr-allowlist=10.0.0.0/8": "shares a network",
    "network=container:x offline": "has no network",
    "image=a file=b": "choose one",
    "image=a image=b": "can be given once",
    "image=a secret=TOKEN": "is not built",
    "offline volume=/var/run/docker.sock:/s": "a way around",
    "offline volume=/:/all": "a way around",
    "user=agent volume=/var/run/../run:/x": "a way around",
    "offline volume=/srv/docker.sock:/x": "hand the engine",
}


@pytest.mark.parametrize("words", WRONG)
def test_build_words_that_make_no_sense_are_refused(words: str) -> None:
    said = WRONG[words]
    if said is None:
        assert wish(*words.split()).build_args == ["nothing"]
        return
    with pytest.raises(UsageError) as refused:
        wish(*words.split())
    assert said in f"{refused.value.message} {refused.value.hint}"


BREAKING = [
    ["--network=host"],
    ["--network", "host"],
    ["--net", "host"],
    ["--name", "x"],
    ["--entrypoint=sh"],
    ["-u", "0"],
    ["-u0"],
    ["-itu0"],
    ["--user", "0"],
    ["--restart=always"],
    ["--rm"],
    ["--init=false"],
    ["--read-only"],
    ["--label", "mngr.host=x"],
    ["-lmngr.host=x"],
    ["ubuntu"],
    ["--tmpfs", "/x", "ubuntu"],
    ["--"],
    ["--env"],
]
UNDOING = [
    ["--privileged"],
    ["--cap-add=NET_RAW"],
    ["--cap-add", "ALL"],
    ["-p", "80:80"],
    ["-p80:80"],
    ["-P"],
    ["--publish-all"],
    ["--security-opt", "seccomp=unconfined"],
    ["--pid=host"],
    ["--userns=host"],
    ["--device=/dev/kmsg"],
    ["--volumes-from", "other"],
    ["--sysctl", "net.ipv4.ip_forward=1"],
    ["-v/var/run/docker.sock:/s"],
    ["-v", "/:/all"],
    ["--mount", "type=bind,src=/run,dst=/r"],
    ["--not-known-yet"],
]


@pytest.mark.parametrize("words", BREAKING, ids=" ".join)
def test_start_words_that_break_a_host_are_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        wish(start=words)


@pytest.mark.parametrize("words", UNDOING, ids=" ".join)
@pytest.mark.parametrize("limit", ["offline", "cidr-allowlist=10.0.0.0/8", "user=agent"])
def test_start_words_that_undo_a_limit_are_refused_where_there_is_one(words: list[str], limit: str) -> None:
    with pytest.raises(UsageError):
        wish(limit, start=words)


@pytest.mark.parametrize(
    "words",
    [
        ["--shm-size=1g"],
        ["--shm-size", "1g"],
        ["-e", "-P=1"],
        ["-eP=1"],
        ["--env", "--privileged"],
        ["-v", "data:/data"],
        ["--init"],
        ["--ulimit", "nofile=10"],
    ],
    ids=" ".join,
)
def test_harmless_start_words_are_taken(words: list[str]) -> None:
    assert wish("offline", start=words).start == words
    assert wish(start=[*words, "--privileged", "-p", "80:80"]).start[-1] == "80:80"


def test_a_limited_network_is_described_and_written_down() -> None:
    shape = wish("cidr-allowlist=10.1.0.0/16,10.1.2.0/24", "cidr-allowlist=fd00:1::/64", "dns")
    assert described(shape) == "allow 10.1.0.0/16 10.1.2.0/24 fd00:1::/64 + dns"
    text = rules(shape.allowed, ["192.0.2.53"])
    assert "ip daddr { 10.1.0.0/16 } accept" in text
    assert "ip6 daddr { fd00:1::/64 } accept" in text
    assert "nd-neighbor-solicit" in text
    assert "192.0.2.53" in text
    assert "@" not in text
    assert "icmpv6" not in rules(["10.1.0.0/16"], [])


def test_what_clouds_tell_is_reached_only_where_it_is_asked_for() -> None:
    assert "169.254.0.0/16 } reject" in rules(["0.0.0.0/0"], [])
    assert "169.254.0.0/16 } reject" not in rules(["169.254.169.254/32"], [])
