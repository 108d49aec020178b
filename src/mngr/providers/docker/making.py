"""Making a host, and taking it away with all that belongs to it."""

from __future__ import annotations

import time

from mngr.model.errors import CommandError, UnreachableError, UserError
from mngr.model.names import new_id
from mngr.model.value import replace, value
from mngr.providers.docker import containers, image, inside, network
from mngr.providers.docker.containers import NO_RESTART, RESTART, Container
from mngr.providers.docker.engine import complaint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.providers.docker.access import Access
    from mngr.providers.docker.shape import Shape

FIND_SECONDS = 20.0
LATE_SECONDS = 1.0  # an engine finishes what it was told, though who told it was ended


@value
class Maker:
    """Makes and removes the containers of one provider."""

    access: Access
    prefix: str
    client: str  # the host folder of this machine
    folder: str  # where agents are on the hosts
    base: str | None

    def make(self, shape: Shape, saved: str | None, step: Callable[[str], None]) -> Container:
        """Make and start a container that can be entered. Raises UserError: then nothing of it is left."""
        source = self._source(shape, saved, step)
        host_id = new_id("host")
        try:
            return self._make(shape, source, host_id, step)
        except BaseException as error:
            # What the engine itself refused, it has not begun. What was given up may be done in a moment.
            self.remove(host_id, late=not isinstance(error, UserError) or isinstance(error, UnreachableError))
            raise

    def remove(self, host_id: str, *, late: bool = False) -> None:
        """Remove a host with its holder, whatever state they are in, and what is kept of it here.

        `late`: its containers may be made only now, by a command that was interrupted.
        """
        engine = self.access.engine
        deadline = time.monotonic() + LATE_SECONDS
        while True:
            found = containers.find(engine, self.prefix, engine.provider, FIND_SECONDS, host_id)
            if found:  # the host before its holder: it never runs without rules
                for each in sorted(found, key=lambda each: each.holder_of):
                    removed = engine.run("rm", "--force", "--volumes", each.id, check=False)
                    if removed.code != 0 and "No such container" not in removed.complaint:
                        raise CommandError(f"{each.name} could not be removed: {complaint(removed)}", removed)
            if not late or time.monotonic() > deadline:
                break
            late = False if found else late
            time.sleep(0.1)
        self.access.forget(host_id)

    def remove_orphans(self) -> None:
        """Remove holders of rules whose hosts have gone: by hand, for mngr takes them away together.

        A holder is made before its host, so one that is new may have one yet.
        """
        engine = self.access.engine
        found = containers.find(engine, self.prefix, engine.provider, FIND_SECONDS)
        hosts = {each.host_id for each in found}
        for each in found:
            if each.holder_of and each.holder_of not in hosts and each.is_old:
                engine.run("rm", "--force", "--volumes", each.id, check=False)

    def _source(self, shape: Shape, saved: str | None, step: Callable[[str], None]) -> image.Image:
        if saved is not None:
            return image.found(self.access.engine, saved, step)
        if shape.image is not None:
            return image.found(self.access.engine, shape.image, step)
        if shape.file is not None or shape.context is not None:
            return image.own_image(self.access, shape, step)
        return image.default_image(self.access, self.base, step)

    def _make(self, shape: Shape, source: image.Image, host_id: str, step: Callable[[str], None]) -> Container:
        engine = self.access.engine
        step("container")
        holder, limits = "", network.described(shape)
        name = f"{self.prefix}{shape.name}"
        if shape.allowed:
            trusted = image.default_image(self.access, self.base, step).name  # never one that others made
            labels = {**self._labels(), containers.HOLDER: host_id}
            holder = self._named(
                shape, lambda: network.make_holder(engine, shape, trusted, labels, f"{name}{containers.HOLDER_SUFFIX}")
            )
        user = (shape.user or source.user).partition(":")[0] or "root"
        labels = {**self._labels(), containers.HOST: host_id, containers.NETWORK: limits}
        labels |= {containers.FOLDER: self.folder, containers.USER: user, containers.LIMITS: _limits(shape)}
        words = [f"--label={key}={text}" for key, text in labels.items()]
        words += [*network.options(shape, holder), *_options(shape), *shape.start]
        words += [f"--name={name}", "--entrypoint=sh", source.name, "/etc/mngr/main.sh"]
        container_id = self._named(shape, lambda: engine.run("create", *words).text.split()[-1])
        container = Container(container_id, name, "created", "", "", host_id, limits, user, self.folder)
        return self._admit(container, shape, step)

    def _admit(self, container: Container, shape: Shape, step: Callable[[str], None]) -> Container:
        """Give a new container its keys, and start it."""
        engine = self.access.engine
        shown = engine.run("inspect", "--format={{json .Config.Env}}", container.id).text
        import json

        account = inside.account(engine, container, container.user)
        self.access.admit(container, account, json.loads(shown) or [], on_boot=shape.on_boot)
        step("start")
        engine.run("start", container.id)
        return replace(container, state="running")

    def _labels(self) -> dict[str, str]:
        provider = self.access.engine.provider
        return {containers.PREFIX: self.prefix, containers.PROVIDER: provider, containers.CLIENT: self.client}

    def _named(self, shape: Shape, make: Callable[[], str]) -> str:
        try:
            return make()
        except CommandError as error:
            said = error.result.complaint if error.result else ""
            if "is already in use" in said and "name" in said:
                raise UserError(
                    f"there is a container '{self.prefix}{shape.name}' already",
                    hint="choose another name, or see: mngr list --hosts",
                ) from error
            raise


def _limits(shape: Shape) -> str:
    words = [*(["offline"] if shape.offline else []), *(["dns"] if shape.dns else [])]
    words += [f"cidr-allowlist={each}" for each in shape.allowed]
    return " ".join([*words, *([f"user={shape.user}"] if shape.user else [])])


def _options(shape: Shape) -> list[str]:
    """Return the engine's options that say what a host has and may."""
    words = ["--init", f"--restart={RESTART if shape.on_boot else NO_RESTART}"]
    for option, text in (
        ("cpus", shape.cpu),
        ("memory", shape.memory),
        ("gpus", shape.gpu),
        ("runtime", shape.runtime),
    ):
        words += [f"--{option}={text}"] if text is not None else []
    words += [f"--volume={each}" for each in shape.volumes]
    if shape.user is not None:
        words += [f"--user={shape.user}", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
    return words
