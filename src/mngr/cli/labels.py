"""What may be a label."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.names import shown

LONGEST = 1000


def check_key(key: str) -> str:
    """Return a label's key if it may be one. Raises UsageError."""
    allowed = key.isascii() and all(character.isalnum() or character in "-_./" for character in key)
    if not allowed or not key or key.startswith("-") or len(key) > 100:
        raise UsageError(f"{shown(key)} is not a label's key", hint="letters, digits and -_./, at most 100: team=web")
    return key


def check_text(text: str) -> str:
    """Return a label's value if it may be one. Raises UsageError."""
    if len(text) > LONGEST or not all(character.isprintable() for character in text):
        raise UsageError(
            f"{shown(text)} is not a label's value", hint=f"one line of text, at most {LONGEST} characters"
        )
    return text
