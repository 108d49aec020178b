"""Gives mngr command lines that make no sense, and checks that each is refused as documented.

    bench/fuzz.py [--count 2000] [--seed N] [--real 50]

Most run in this process, which is faster; `--real` says how many run as a process of their own. Each must end with a
documented exit code, with an error of a few lines and no traceback; and what is wrong usage changes nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time

from arena import Arena  # it says where the others are

# isort: split
from own_world import OwnWorld

from mngr.cli.commands import ALIASES, SUMMARIES, load
from mngr.cli.main import perform
from mngr.cli.options import COMMON

DOCUMENTED = {0, 1, 2, 3, 4, 5, 6, 7, 124, 130}
LONGEST_ERROR_LINES = 12
PIECES = (
    '', ' ', '-', '--', 'x', 'good', 'nosuch', '0', '-1', '1', '99999999999999999999', '1e309', 'nan', '1h', '-5m',
    '1h30', 'a=b', '=', 'a=', '=b', '@', '@local', 'good@local', 'good@nowhere', 'good@local.docker', ':', ':path',
    'a:b:c', 'x@.y', '\x00', '\x1b[31m', '\x07', '\n', '\r\n', '\t', '\x7f', '\x9b', '\udcff', '\xfc',
    '\u65e5\u672c\u8a9e', '\U0001f389', '\u202e', 'e\u0301', '$(id)', '`id`', "'", '"', '\\', ';', '|', '&', '*',
    '?', '[', '{', '}', '{name}', '{nosuch}', '{name:>99999}', '{0}', '{{', '%s', '../..', '/', '/nonexistent',
    '/dev/null', '/proc/self/mem', '~', '~nobody/x', '.', 'agent-', 'agent-00000000000000000000000000000000',
    'deadbeef', 'json', 'jsonl', 'human', 'worktree', 'none', 'running', 'waiting', "state == 'running'",
    'state ==', '((((', '1 / 0', 'name.x.y', '[1,2', "a.matches('(')", 'size(name) > 0 && ', 'commands.create',
    'tmux.history_limit', 'tmux.history_limit=x', 'nosuch.key=1', 'main', 'main:x', 'HEAD~9', 'refs/heads/main',
    '-rf', '--all', '--format', '--no-such-option', '-abc', '--format=json', '-m', '-h',
)  # fmt: skip
SENSIBLE = {"int": "3", "duration": "1s", "pair": "a=b", "text": "good"}
# What would wait, run something for long, or use the terminal is left out.
LEFT_OUT = frozenset(
    "connect --follow --watch --edit-message edit --foreground --tty wait --debug --connect --connect-command".split()
)


class Lines:
    """Makes command lines."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.commands = [name for name in (*SUMMARIES, *ALIASES) if ALIASES.get(name, name) not in LEFT_OUT]

    def line(self) -> list[str]:
        """Return one command line."""
        name = self.random.choice(self.commands)
        if self.random.random() < 0.03:
            return [self.text() for _ in range(self.random.randint(1, 4))]
        words = [name]
        command = load(name)
        options = [option for option in (*command.options, *COMMON) if not LEFT_OUT.intersection(option.names)]
        for _ in range(self.random.randint(0, 5)):
            if options and self.random.random() < 0.6:
                words += self.option(options)
            else:
                known = name not in ("exec", "x")  # whose exit code would be that of nonsense
                words.append("good" if known and self.random.random() < 0.4 else self.text())
        if not any(word in ("list", "ls", "help", "why") for word in words[:1]) and self.random.random() < 0.3:
            words += ["--", self.text()]
        return [word for word in words if word not in LEFT_OUT]

    def option(self, options: list[object]) -> list[str]:
        """Return an option and a text for it, in one of the ways to write them."""
        option = self.random.choice(options)
        name = self.random.choice(option.names)  # type: ignore[attr-defined]
        text = self.random.choice((*option.choices, SENSIBLE.get(option.kind, "x")))  # type: ignore[attr-defined]
        text = text if self.random.random() < 0.5 else self.text()
        if not option.metavar:  # type: ignore[attr-defined]
            return [name] if self.random.random() < 0.9 else [f"{name}={text}"]
        if name.startswith("--") and self.random.random() < 0.3:
            return [f"{name}={text}"]
        return [name, text] if self.random.random() < 0.95 else [name]

    def text(self) -> str:
        """Return a word: a piece, several of them, or very much of one."""
        chance = self.random.random()
        if chance < 0.005:
            return self.random.choice(PIECES) * 200_000
        if chance < 0.3:
            return "".join(self.random.choice(PIECES) for _ in range(self.random.randint(2, 4)))
        return self.random.choice(PIECES)


def main() -> int:
    """Try so many lines; return 1 when one was not refused as it should be."""
    options = _options()
    print(f"seed {options.seed}", flush=True)
    source = random.Random(options.seed)
    lines = Lines(source)
    begun, failures, codes = time.monotonic(), 0, dict.fromkeys(DOCUMENTED, 0)
    with Arena() as arena:
        os.chdir(arena.repo)
        arena.mngr("create", "good", "--transfer", "none", "--no-connect", "--", "cat").assert_success()
        real = set(source.sample(range(options.count), min(options.real, options.count)))
        for number in range(options.count):
            words = lines.line()
            before = _seen(arena)
            code, said = _really(arena, words) if number in real else _here(words)
            wrong = _wrong(code, said, changed=code == 2 and _seen(arena) != before)
            codes[code] = codes.get(code, 0) + 1
            if wrong:
                failures += 1
                print(f"FAILED {wrong}: {[word[:80] for word in words]}\n  exit {code}: {said[:600]}", flush=True)
    spread = ", ".join(f"{code}: {count}" for code, count in sorted(codes.items()) if count)
    print(f"{options.count} lines, {failures} failed, {time.monotonic() - begun:.0f} s; exit codes {spread}")
    return min(failures, 1)


def _here(words: list[str]) -> tuple[int, str]:
    world = OwnWorld()
    code = perform(world, words)
    return code, world.err


def _really(arena: Arena, words: list[str]) -> tuple[int, str]:
    fit = [word.replace("\0", "")[:100_000] for word in words]
    try:
        done = arena.mngr(*(os.fsencode(word) for word in fit))
    except OSError as error:  # the system itself takes no such line
        return 2, f"{error}"
    return done.code, done.err


def _seen(arena: Arena) -> object:
    """Return what a wrong command line may not change: agents, names, workspaces, settings, the repository."""
    host = arena.mngr.host_dir
    listed = [
        sorted(os.listdir(host / part)) if (host / part).exists() else []
        for part in ("agents", "names", "worktrees", "making")
    ]
    config = [
        path.read_bytes() if path.exists() else b"" for path in (host / "config.toml", arena.repo / ".mngr/config.toml")
    ]
    heads = [sorted(os.listdir(arena.repo / ".git" / "refs" / "heads"))]
    return listed, config, heads


def _wrong(code: int, said: str, *, changed: bool) -> str:
    said = "".join(f"{line}\n" for line in said.splitlines() if not line.startswith("+ "))  # what -v prints
    if code not in DOCUMENTED:
        return "exit code"
    if "Traceback" in said and "--debug" not in said:
        return "traceback"
    if (len(said.splitlines()) > LONGEST_ERROR_LINES and said.count("mngr:") < 3) or len(said) > 8000:
        return "long error"
    if code not in (0, 1, 130) and not said.strip():
        return "no error"
    if any(not (letter.isprintable() or letter in "\n\t") for letter in said):
        return "control characters"
    return "something changed" if changed else ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="how many lines")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)), help="the lines to make")
    parser.add_argument("--real", type=int, default=50, help="how many run as a process of their own")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
