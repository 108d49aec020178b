"""What a host can reach: everything, nothing, or what is on a list. Root inside cannot change that.

Rules live in a container of their own, the holder, whose network the host joins. The host has no right to change rules,
nor to send packets that they do not see; the holder has no other right, and nothing of the host's in it.
"""

from __future__ import annotations

from mngr.model.errors import CommandError, UserError
from mngr.providers.docker import containers
from mngr.providers.docker.engine import complaint
from mngr.transports.host import PACKAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.providers.docker.engine import Engine
    from mngr.providers.docker.shape import Shape

READY_SECONDS = 30.0  # longer than `ready.sh` waits
# Machines in clouds tell secrets to whoever asks these. They are reached only where they are on the list themselves.
LINK_LOCAL = ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128")
NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, nd-router-solicit } accept"


def described(shape: Shape) -> str:
    """Return what a host can reach, in words."""
    if shape.offline:
        return "offline"
    if shape.allowed:
        return f"allow {' '.join(shape.allowed)}{' + dns' if shape.dns else ''}"
    return "open"


def options(shape: Shape, holder: str) -> list[str]:
    """Return the engine's options that give a host its network."""
    if shape.offline:
        return ["--network=none", "--cap-drop=NET_RAW", "--cap-drop=NET_ADMIN", f"--hostname={shape.name}"]
    if shape.allowed:
        return [f"--network=container:{holder}", "--cap-drop=NET_RAW", "--cap-drop=NET_ADMIN"]
    chosen = [f"--network={shape.network}"] if shape.network else []
    return chosen if shape.network == "host" else [*chosen, f"--hostname={shape.name}"]


def rules(allowed: list[str], resolvers: list[str]) -> str:
    """Return the rules that let a host reach some networks, and those who resolve names for it."""
    lines: list[str] = []
    for family, networks in _by_family(allowed).items():
        asked = [each for each in resolvers if (":" in each) == (family == "ip6")]
        if asked:
            lines.append(f"{family} daddr {{ {', '.join(asked)} }} meta l4proto {{ tcp, udp }} th dport 53 accept")
        closed = [each for each in LINK_LOCAL if (":" in each) == (family == "ip6") and not _names(networks, each)]
        if networks and closed:
            lines.append(f"{family} daddr {{ {', '.join(closed)} }} reject with icmpx type admin-prohibited")
        if networks:
            lines.append(f"{family} daddr {{ {', '.join(map(str, networks))} }} accept")
    text = _text("rules.nft").replace("@NAMES@", "accept" if resolvers else "drop")
    text = text.replace("@NEIGHBOURS@", NEIGHBOURS if any(":" in each for each in allowed) else "")
    return text.replace("@ALLOWED@", "\n    ".join(lines))


def resolvers(engine: Engine, image: str) -> list[str]:
    """Return who resolves names for the engine's containers; asked where nothing of a host's has run yet."""
    import ipaddress

    shown = engine.run("run", "--rm", "--network=bridge", "--entrypoint=cat", image, "/etc/resolv.conf").text
    found = [line.split()[1] for line in shown.splitlines() if line.startswith("nameserver ")]
    return [str(ipaddress.ip_address(each)) for each in found if "%" not in each]


def make_holder(engine: Engine, shape: Shape, image: str, labels: dict[str, str], name: str) -> str:
    """Make and start the holder of a host's rules; return its id. Raises UserError when they are not in force."""
    words = [f"--label={key}={text}" for key, text in labels.items()]
    words += [f"--network={shape.network}"] if shape.network else []
    words += ["--init", "--restart=no", "--cap-drop=ALL", "--cap-add=NET_ADMIN", "--security-opt=no-new-privileges"]
    words += ["--read-only", "--tmpfs=/run", "--pids-limit=20", "--memory=64m", f"--hostname={shape.name}"]
    asked = resolvers(engine, image) if shape.dns else []
    words += [f"--env=RULES={rules(shape.allowed, asked)}", "--entrypoint=sh", f"--name={name}"]
    made = engine.run("create", *words, image, "-c", _text("holder.sh")).text.split()[-1]
    start_holder(engine, made)
    return made


def start_holder(engine: Engine, holder: str) -> None:
    """Start a holder and see that its rules are in force. Raises UserError."""
    engine.run("start", holder)
    waited = engine.run("exec", holder, "sh", "-c", _text("ready.sh"), seconds=READY_SECONDS, check=False)
    if waited.code == 0:
        return
    said = engine.run("logs", "--tail=20", holder, check=False)
    reason = (said.err or said.out).decode("utf-8", "replace").strip().splitlines()
    raise UserError(
        f"the rules of the network could not be loaded: {reason[0] if reason else complaint(waited)}",
        hint="does the engine's kernel have nftables? without rules, the host is not started",
    )


def bring_up(engine: Engine, host: containers.Container, holders: list[containers.Container]) -> None:
    """Start the holder of a host that needs one, and see that rules are in force. Raises UserError."""
    if not host.network.startswith("allow"):
        return
    if not holders:
        raise CommandError(
            f"{host.name} has lost the holder of its network rules, and is not started without",
            hint="save what is in it (mngr snapshot create), and make a new one from that",
        )
    start_holder(engine, holders[0].id)


def is_cut_off(engine: Engine, host: containers.Container, holders: list[containers.Container]) -> bool:
    """Tell whether a host that runs has lost its network: its holder does not run, or was started after it."""
    if not host.network.startswith("allow") or not holders:
        return False
    words = ["inspect", "--format={{.State.Running}} {{.State.StartedAt}}", holders[0].id, host.id]
    told = [line.split() for line in engine.run(*words).text.splitlines()]
    return told[0][0] != "true" or _moment(told[0][1]) > _moment(told[1][1])


def _moment(text: str) -> tuple[str, str]:
    """Return a time that can be compared: engines leave out zeros at its end."""
    seconds, _, rest = text.rstrip("Z").partition(".")
    return seconds, rest.ljust(9, "0")


def _by_family(allowed: list[str]) -> dict[str, list[Any]]:
    """Return networks that do not overlap, as a set of rules wants them."""
    import ipaddress

    fourth = [ipaddress.IPv4Network(each) for each in allowed if ":" not in each]
    sixth = [ipaddress.IPv6Network(each) for each in allowed if ":" in each]
    return {"ip": list(ipaddress.collapse_addresses(fourth)), "ip6": list(ipaddress.collapse_addresses(sixth))}


def _names(networks: list[Any], closed: str) -> bool:
    """Tell whether what is closed by itself was put on the list, it or a part of it."""
    import ipaddress

    outer: Any = ipaddress.ip_network(closed)
    return any(each.subnet_of(outer) for each in networks)


def _text(name: str) -> str:
    with open(f"{PACKAGE}/providers/docker/{name}", encoding="utf-8") as file:
        return file.read()
