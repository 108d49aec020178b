"""Provider `docker`: containers as hosts, on any engine that `docker` reaches, or a command that answers like it."""

from __future__ import annotations

from mngr.config import paths
from mngr.model.errors import UserError
from mngr.providers.docker import inside
from mngr.providers.docker.containers import ASKED_CODE, HOLDER_SUFFIX, NO_RESTART, RESTART, Container
from mngr.providers.docker.engine import complaint, plain
from mngr.providers.docker.found import ContainerHost
from mngr.providers.docker.leftovers import BuiltImages
from mngr.providers.docker.shape import shape_of
from mngr.providers.docker.snapshots import SavedHosts
from mngr.providers.docker.stopped import StoppedHosts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.model.host import HostWish
    from mngr.providers.docker.making import Maker

FOLDER = "~/.mngr"
STOP_SECONDS = 10  # what runs in a container may take so long to end


class DockerProvider(SavedHosts, StoppedHosts, BuiltImages):
    """Makes, stops, starts and removes containers that are hosts."""

    def create(self, wish: HostWish, step: Callable[[str], None]) -> ContainerHost:
        """Make a container that can be entered, and give it an id. Raises UserError: then nothing of it is left."""
        from mngr.providers.docker.words import check_words

        saved = self._saved(wish.snapshot) if wish.snapshot is not None else None
        shape = shape_of(self._as_saved(wish, saved) if saved else wish, self._settings)
        check_words(shape)
        maker = self._maker()
        made = maker.make(shape, saved, step)
        finished = False
        try:
            host = self._host(made)
            step("ssh")
            self._introduce(host, saved=saved is not None)
            finished = True
            return host
        finally:
            if not finished:
                maker.remove(made.host_id)

    def destroy(self, host: Any) -> None:
        """Take a container away with all that is in it, and the rules of its network."""
        host.transport.close()
        maker = self._maker()
        maker.remove(host.container.host_id)
        maker.remove_orphans()

    def stop(self, host: Any) -> None:
        """Stop a container, and say so in how it ends; nothing to do if it does not run."""
        now, holders = self._now(host)
        if now.state == "paused":
            self._engine.run("unpause", now.id)
        if now.state in ("running", "restarting", "paused"):
            host.transport.close()
            self._restart(now, wanted=False)
            self._engine.run("kill", "--signal=HUP", now.id, check=False)
            self._engine.run("stop", "-t", str(STOP_SECONDS), now.id)
        for each in holders:
            if each.state == "running":
                self._engine.run("stop", "-t", "2", each.id, check=False)

    def start(self, host: Any) -> ContainerHost:
        """Start a container again, its network's rules first; nothing to do if it runs."""
        from mngr.providers.docker import network

        now, holders = self._now(host)
        if now.state == "paused":
            self._engine.run("unpause", now.id)
        elif now.state != "running":
            network.bring_up(self._engine, now, holders)
            if now.code == ASKED_CODE:
                self._restart(now, wanted=inside.starts_on_boot(self._engine, now))
            self._engine.run("start", now.id)
        elif network.is_cut_off(self._engine, now, holders):
            host.transport.close()
            network.bring_up(self._engine, now, holders)
            self._engine.run("restart", "-t", str(STOP_SECONDS), now.id)
        return self._host(self._now(host)[0])

    def starts_on_boot(self, host: Any) -> bool:
        """Tell whether the engine is to start a host again when it starts itself."""
        return inside.starts_on_boot(self._engine, self._now(host)[0])

    def start_on_boot(self, host: Any, *, wanted: bool) -> None:
        """Say whether the engine is to start a host again when it starts itself, unless it was stopped or idle."""
        now, holders = self._now(host)
        if wanted and holders:
            raise UserError(
                "a host with a cidr-allowlist is not started by its engine", hint="mngr start brings it back"
            )
        inside.start_on_boot(self._engine, now, wanted=wanted)
        if now.code != ASKED_CODE:
            self._restart(now, wanted=wanted)

    def _restart(self, container: Container, *, wanted: bool) -> None:
        """Tell the engine whether to start a container again. While it is stopped, an engine that starts would."""
        asked = self._engine.run("inspect", "--format={{.HostConfig.RestartPolicy.Name}}", container.id).text.strip()
        policy = RESTART if wanted else NO_RESTART
        if (asked or NO_RESTART) != policy:
            self._engine.run("update", f"--restart={policy}", container.id)

    def rename(self, host: Any, name: str) -> ContainerHost:
        """Give a host another name, and return it by that. Raises UserError when it is taken."""
        now, holders = self._now(host)
        renamed = self._engine.run("rename", now.id, f"{self._prefix}{name}", check=False)
        if renamed.code != 0:
            taken = "is already in use" in renamed.complaint
            why = "there is one of that name already" if taken else complaint(renamed)
            raise UserError(f"'{host.name}' cannot be named '{name}': {why}", hint="mngr list --hosts")
        for each in holders:
            self._engine.run("rename", each.id, f"{self._prefix}{name}{HOLDER_SUFFIX}", check=False)
        return self._host(self._now(host)[0])

    def _maker(self) -> Maker:
        from mngr.providers.docker.making import Maker

        settings = self._settings
        base = plain(self.name, "base", settings["base"]) if "base" in settings else None
        folder = plain(self.name, "folder", settings.get("folder", FOLDER))
        return Maker(self._access, self._prefix, paths.host_dir(self._environ), folder, base)

    def _introduce(self, host: ContainerHost, *, saved: bool) -> None:
        words = [
            "providers/docker/introduce.sh",
            host.paths.folder,
            host.container.host_id,
            *(["saved"] if saved else []),
        ]
        missing = host.script(words).text.split()
        if missing:
            raise UserError(
                f"the image lacks {' and '.join(missing)}",
                hint="a host needs openssh-server, git and tmux; rsync too where folders are copied to it",
            )
