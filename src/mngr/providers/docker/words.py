"""The words after `-s`: what of the engine's own options a host may have, and what would break its shape."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.names import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.providers.docker.shape import Shape

# Options that take no word after them; of all others the next word is taken for theirs.
ALONE = frozenset(
    "--detach --disable-content-trust --help --init --interactive --no-healthcheck --oom-kill-disable --privileged "
    "--publish-all --quiet --read-only --rm --sig-proxy --tty --use-api-socket -d -i -P -q -t".split()
)
LONG = {
    "-a": "--attach", "-c": "--cpu-shares", "-d": "--detach", "-e": "--env", "-h": "--hostname", "-i": "--interactive",
    "-l": "--label", "-m": "--memory", "-P": "--publish-all", "-p": "--publish", "-q": "--quiet", "-t": "--tty",
    "-u": "--user", "-v": "--volume", "-w": "--workdir", "--net": "--network", "--net-alias": "--network-alias",
}  # fmt: skip
# Never: mngr itself decides these, or could not reach or find the host.
OURS = {
    "--network": "say it with -b network=, offline or cidr-allowlist=",
    "--name": "the container has the host's name",
    "--entrypoint": "the container runs what tells why it ended",
    "--user": "say it with -b user=",
    "--restart": "say it with --start-on-boot",
    "--rm": "a host can be stopped and started again",
    "--init": "it has one",
    "--read-only": "its keys are put into it",
    "--detach": "it is started when it is ready",
    "--attach": "it is started when it is ready",
    "--interactive": "it is reached by ssh",
    "--tty": "it is reached by ssh",
    "--cidfile": "several hosts would write it",
    "--help": "it makes no container",
}
# What root inside a host with a limited network, or a user without rights, can do nothing with.
HARMLESS = frozenset(
    "--env --env-file --label --workdir --hostname --domainname --memory --memory-reservation --memory-swap "
    "--memory-swappiness --kernel-memory --cpus --cpu-shares --cpu-period --cpu-quota --cpuset-cpus --cpuset-mems "
    "--blkio-weight --shm-size --ulimit --tmpfs --pids-limit --oom-kill-disable --oom-score-adj --stop-timeout "
    "--log-driver --log-opt --storage-opt --platform --pull --cap-drop --annotation --no-healthcheck --gpus --quiet "
    "--disable-content-trust --health-cmd --health-interval --health-retries --health-start-period --health-timeout "
    "--group-add --volume --mount --runtime --isolation".split()
)
# With another container's network the engine refuses what belongs to the network itself.
OF_NETWORK = frozenset(("--hostname", "--domainname"))
DANGEROUS_SOURCES = ("/", "/dev", "/etc", "/proc", "/run", "/sys", "/var", "/var/lib", "/var/run")
SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock", "buildkitd.sock")


def check_words(shape: Shape) -> None:
    """Refuse what would break the shape of a host, with the reason. Raises UsageError."""
    for option, text in _options(shape.start):
        if option == "--init" and text in ("", "true"):
            continue
        if option in OURS:
            raise UsageError(f"-s {option} is not for you to give: {OURS[option]}")
        if option == "--label" and text.startswith("mngr."):
            raise UsageError(f"-s --label {shown(text)}: labels that begin with mngr. are mngr's own")
        if shape.locked or shape.user is not None:
            _check_harmless(shape, option, text)
    if shape.locked or shape.user is not None:
        for volume in shape.volumes:
            _check_source(volume.partition(":")[0], f"-b volume={volume}")


def _check_harmless(shape: Shape, option: str, text: str) -> None:
    what = "limits its network" if shape.locked else "takes its rights away"
    if option not in HARMLESS:
        raise UsageError(
            f"-s {option} could undo what {what}", hint="leave it out, or leave out -b offline, cidr-allowlist and user"
        )
    if shape.allowed and option in OF_NETWORK:
        raise UsageError(f"-s {option} cannot be had with -b cidr-allowlist: the network is shared with its rules")
    if option == "--volume":
        _check_source(text.partition(":")[0], f"-s {option} {text}")
    if option == "--mount":
        for part in text.split(","):
            key, _, source = part.partition("=")
            if key in ("source", "src"):
                _check_source(source, f"-s {option} {text}")


def _check_source(source: str, shown_as: str) -> None:
    import posixpath

    path = posixpath.normpath(source) if source.startswith("/") else source
    if path in DANGEROUS_SOURCES or path.startswith(("/proc/", "/sys/", "/dev/", "/run/", "/var/run/")):
        raise UsageError(f"{shown_as} would show the engine's own machine to the host, and a way around its limits")
    if path.endswith(SOCKETS):
        raise UsageError(f"{shown_as} would hand the engine to the host, and a way around its limits")


def _options(words: list[str]) -> list[tuple[str, str]]:
    """Return the options among the words, by their long names, with what each takes. Raises UsageError."""
    found: list[tuple[str, str]] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word in ("-", "--") or not word.isprintable():
            raise UsageError(f"-s {shown(word)} is no option of the engine's", hint="-s --shm-size=1g")
        for name, text in _long(word) if word.startswith("--") else _short(word):
            if text is None and not rest:
                raise UsageError(f"-s {word} needs a word after it", hint=f"-s {word}=TEXT")
            found.append((LONG.get(name, name), rest.pop(0) if text is None else text))
    return found


def _long(word: str) -> list[tuple[str, str | None]]:
    """Return the option of a word; None stands for what the next word says."""
    name, equals, text = word.partition("=")
    return [(name, text if equals else "" if name in ALONE else None)]


def _short(word: str) -> list[tuple[str, str | None]]:
    """Return the options of a word such as `-itp80`: letters that stand alone, and one that takes the rest."""
    found: list[tuple[str, str | None]] = []
    letters = word[1:]
    while letters:
        name, letters = f"-{letters[0]}", letters[1:]
        if name not in ALONE:
            return [*found, (name, letters.removeprefix("=") or None)]
        found.append((name, ""))
    return found
