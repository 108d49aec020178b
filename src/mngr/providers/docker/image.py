"""Images: mngr's own, built once from the Dockerfile that it ships, and those that are built for one host."""

from __future__ import annotations

import fcntl
import os

from mngr.model.errors import CommandError, UserError
from mngr.model.value import value
from mngr.transports.host import PACKAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.providers.docker.access import Access
    from mngr.providers.docker.engine import Engine
    from mngr.providers.docker.shape import Shape

BASE = "debian:bookworm-slim"
REPOSITORY = "mngr"
BUILT = "mngr.image"  # the label of what mngr built: `default`, or `own`
HEADLINE_LETTERS = 100
BUILDER = "mngr.builder"  # which mngr of which machine built it
TOLD_LINES = 12  # of a build that failed


@value
class Image:
    """An image that the engine has, and the user that its containers run as (empty: root)."""

    name: str
    user: str


def default_image(access: Access, base: str | None, step: Callable[[str], None]) -> Image:
    """Return mngr's own image, which is built if the engine has it not. Raises UserError."""
    import zlib

    with open(f"{PACKAGE}/providers/docker/Dockerfile", "rb") as file:
        recipe = file.read()
    tag = f"{REPOSITORY}:{zlib.crc32(recipe + (base or BASE).encode()):08x}"
    if image := _look(access.engine, tag):
        return image
    os.makedirs(access.folder, mode=0o700, exist_ok=True)
    lock = os.open(f"{access.folder}/image.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _look(access.engine, tag):
            words = [f"--tag={tag}", f"--label={BUILT}=default", f"--build-arg=BASE={base or BASE}", "-"]
            _build(access.engine, words, step, recipe)
    finally:
        os.close(lock)
    return Image(tag, "")


def own_image(access: Access, shape: Shape, step: Callable[[str], None]) -> Image:
    """Build an image from the user's own Dockerfile. Raises UserError."""
    context = shape.context or os.path.dirname(os.path.abspath(shape.file or "")) or "."
    if not os.path.isdir(context):
        raise UserError(
            f"there is no folder {context}", hint="-b context= is the folder that the Dockerfile copies from"
        )
    file = shape.file or f"{context}/Dockerfile"
    if not os.path.isfile(file):
        raise UserError(f"there is no file {file}", hint="-b file= is the Dockerfile")
    os.makedirs(access.folder, mode=0o700, exist_ok=True)
    result = f"{access.folder}/{os.urandom(8).hex()}.iid"
    words = [f"--file={file}", f"--iidfile={result}", f"--label={BUILT}=own", f"--label={BUILDER}={access.folder}"]
    words += [f"--build-arg={pair}" for pair in shape.build_args]
    words += [f"--secret={_secret(text)}" for text in shape.secrets]
    try:
        _build(access.engine, [*words, context], step)
        with open(result, encoding="utf-8") as told:
            return found(access.engine, told.read().strip(), step)
    finally:
        if os.path.exists(result):
            os.unlink(result)


def found(engine: Engine, name: str, step: Callable[[str], None]) -> Image:
    """Return an image, which is fetched if the engine has it not. Raises UserError."""
    image = _look(engine, name)
    if image is None:
        step("image")
        said = _Said(step)
        with engine.start("pull", name) as pull:
            pull.take = pull.take_errors = said.hear
            result = pull.result(check=False)
        if result.code != 0:
            engine.check_reached("\n".join(said.lines))
            last = said.lines[-1] if said.lines else f"exit {result.code}"
            raise UserError(
                f"there is no image '{name}': {last.removeprefix('Error response from daemon: ')}",
                hint="see: docker images",
            )
        image = _look(engine, name)
    return image or Image(name, "")


def _look(engine: Engine, name: str) -> Image | None:
    shown = engine.run("image", "inspect", "--format={{.Config.User}}", name, check=False)
    return Image(name, shown.text.strip()) if shown.code == 0 else None


def _build(engine: Engine, words: list[str], step: Callable[[str], None], recipe: bytes = b"") -> None:
    """Build an image, telling its steps. Raises UserError with the end of what the build said."""
    secret = any(word.startswith("--secret=") for word in words)
    step("image")
    said = _Said(step)
    env = {"BUILDKIT_PROGRESS": "plain", **({"DOCKER_BUILDKIT": "1"} if secret else {})}
    with engine.start("build", *words, env=env) as build:
        build.take = build.take_errors = said.hear
        result = build.result(recipe, check=False)
    if result.code == 0:
        return
    text = "\n".join(said.lines)
    engine.check_reached(text)
    if secret and ("unknown flag" in text or "BuildKit" in text or "buildx" in text):
        raise UserError(
            "this engine's command cannot build with secrets: it lacks BuildKit",
            hint="install its component buildx; nothing of the secret was passed on",
        )
    raise CommandError(f"the image could not be built:\n{text}", result, hint="mend the Dockerfile, and try again")


class _Said:
    """What a build says: its steps are told as they begin, its last lines kept."""

    def __init__(self, step: Callable[[str], None]) -> None:
        self.lines: list[str] = []
        self._step = step
        self._rest = b""

    def hear(self, part: bytes) -> None:
        """Take the next bytes of either stream."""
        *whole, self._rest = (self._rest + part).split(b"\n")
        for line in whole:
            text = line.decode("utf-8", "replace").rstrip()
            if not text:
                continue
            self.lines = [*self.lines[1 - TOLD_LINES :], text]
            if headline := _headline(text):
                self._step(f"image: {headline}")


def _headline(line: str) -> str | None:
    """Return what a step of a build is, if the line begins one.

    Builders write `Step 3/7 : RUN x`, `STEP 3/7: RUN x` or `#7 [3/7] RUN x`.
    """
    if line[:5].lower() == "step " and ":" in line:
        count, _, what = line[5:].partition(":")
    elif line.startswith("#") and " [" in line[:8]:
        count, _, what = line.partition("[")[2].partition("]")
    else:
        return None
    return f"{count.strip()} {' '.join(what.split())}"[:HEADLINE_LETTERS]


def _secret(text: str) -> str:
    """Return a secret as a build takes it: `NAME` alone is that variable, `NAME=PATH` that file."""
    if text.startswith(("id=", "type=")) or ",id=" in text:
        return text
    name, equals, path = text.partition("=")
    return f"id={name},src={os.path.abspath(os.path.expanduser(path))}" if equals else f"id={name},env={name}"
