"""Writes files on the user's own machine so that readers see the old or the new one, never half of it."""

from __future__ import annotations

import os
import stat


def write(path: str, content: bytes, mode: int = 0o600, *, lasting: bool = True) -> None:
    """Replace a file's content. Symbolic links are followed and stay; the mode of a file that exists stays.

    What is not `lasting` may be gone after the machine crashed. Raises OSError.
    """
    target = os.path.realpath(path)
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        pass
    draft = f"{target}.{os.getpid()}.{os.urandom(4).hex()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(descriptor)
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise
