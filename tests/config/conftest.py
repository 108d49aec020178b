"""A home and a project whose config files a test writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mngr.config.load import Settings, load, load_lenient
from mngr.model.errors import UserError


@dataclass
class Place:
    """Where settings are read: a home, a project in it, an environment."""

    home: Path
    project: Path
    environ: dict[str, str] = field(default_factory=dict)

    def user(self, text: str) -> Path:
        """Write the user's config file."""
        return _write(self.home / ".mngr/config.toml", text)

    def shared(self, text: str) -> Path:
        """Write the project's config file."""
        return _write(self.project / ".mngr/config.toml", text)

    def local(self, text: str) -> Path:
        """Write the project's local config file."""
        return _write(self.project / ".mngr/config.local.toml", text)

    def load(self, *overrides: str, cwd: Path | None = None, **environ: str) -> Settings:
        """Load the settings as a command in the project would."""
        return load({**self.environ, **environ}, str(cwd or self.project), list(overrides))

    def lenient(self, *overrides: str, **environ: str) -> tuple[Settings, list[UserError]]:
        """Load what is right of the settings, and what is wrong."""
        return load_lenient({**self.environ, **environ}, str(self.project), list(overrides))

    def error(self, *overrides: str, **environ: str) -> UserError:
        """Return the error that loading ends with."""
        with pytest.raises(UserError) as caught:
            self.load(*overrides, **environ)
        return caught.value


@pytest.fixture
def place(home: Path) -> Place:
    """Return a home and, in it, a project that is a git repository to the eye."""
    project = home / "shop"
    (project / ".git").mkdir(parents=True)
    (home / ".mngr").mkdir(mode=0o700)
    return Place(home, project, {"HOME": str(home)})


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path
