"""The versions of agent programs that were tested, and are installed where there is none: npm's name and version."""

from __future__ import annotations

PINNED: dict[str, tuple[str, str]] = {
    "claude": ("@anthropic-ai/claude-code", "2.1.329"),
    "codex": ("@openai/codex", "0.169.0"),
    "opencode": ("opencode-ai", "1.18.33"),
}
