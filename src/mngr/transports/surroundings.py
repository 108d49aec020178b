"""The environment that external commands get."""

from __future__ import annotations

import os

# Variables that bind git to one repository; `git rev-parse --local-env-vars` lists them.
GIT_BINDINGS = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
)


def environment() -> dict[str, str]:
    """Return the environment external commands get: ours, not bound to any repository, no waiting for git locks."""
    clean = {name: text for name, text in os.environ.items() if name not in GIT_BINDINGS}
    clean["GIT_OPTIONAL_LOCKS"] = "0"
    return clean
