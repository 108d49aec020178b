"""Compares mngr with the bare tools below it, as ratios taken in the same run.

P is the start of the same Python with `-I -c pass`, T one `tmux list-panes -a` on mngr's server, G one
`git worktree add`, N one detached `tmux new-session`, R one command over a shared ssh connection. A ratio is the median
of those of each round, of wall time and of processor time; the spread is the 10th to 90th percentile.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measure import Series, Step, interleave
from mixed import COUNT, make_mixed
from stage import Stage, run

MB = 1_000_000


@dataclass(frozen=True)
class Row:
    """One thing measured: how it compares, and how it should."""

    what: str
    measured: str
    ratio: float
    processor: float | None  # the same ratio of user and system time
    unit: str
    limit: float
    aim: float

    @property
    def verdict(self) -> str:
        """Return whether the aim or the limit is met."""
        return "aim" if self.ratio <= self.aim else "ok" if self.ratio <= self.limit else "OVER"


def main() -> int:
    """Measure what is asked for, print it, and return 1 with --check when a limit is passed."""
    options = _options()
    rows: list[Row] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # what was made is taken away in any case
    with Stage(options.program) as stage:
        for name, group in GROUPS.items():
            if not options.only or name in options.only:
                print(f"... {name}", file=sys.stderr)
                rows += group(stage, options)
    print(table(rows))
    return int(options.check and any(row.verdict == "OVER" for row in rows))


def start(stage: Stage, options: argparse.Namespace) -> list[Row]:
    """Measure start-up: the version, and the completion of a name."""
    project = stage.repository("start", 10)
    stage.create(["completed"], project)
    run(stage.mngr, "list")
    series = interleave(
        {
            "P": python(stage),
            "version": Step(lambda _: [stage.mngr, "--version"]),
            "completion": Step(lambda _: [stage.mngr, "__complete", "stop", "com"]),
            "help": Step(lambda _: [stage.mngr, "help"]),
        },
        options.rounds,
    )
    return [
        ratio("--version", series["version"], [series["P"]], "P", (4, 2)),
        ratio("completion of a name", series["completion"], [series["P"]], "P", (2.5, 2)),
        ratio("help", series["help"], [series["P"]], "P", (6, 4)),
    ]


def listing(stage: Stage, options: argparse.Namespace) -> list[Row]:
    """Measure lists of a hundred agents and of many."""
    project, rows, first = stage.repository("list", 10), [], None
    for count in [int(word) for word in options.agents.split(",")]:
        stage.create([f"l{number}" for number in range(_existing(stage, "l"), count)], project)
        steps = {
            "P": python(stage),
            "T": Step(lambda _: stage.tmux("list-panes", "-a")),
            "list": Step(lambda _: [stage.mngr, "list"]),
        }
        series = interleave(steps, options.rounds)
        listed = series["list"]
        compared = (f"list, {count} agents", [series["P"], series["T"]], "(P + T)", (4, 2.5))
        if first:
            compared = (f"list, {count} agents", [first], "the first", (4, 4))
        rows += [ratio(compared[0], listed, *compared[1:])]
        rows += [Row(f"peak memory, {count} agents", "", max(listed.peak) / MB, None, "MB", 40, 30)]
        first = first or listed
    return rows


def mixing(stage: Stage, options: argparse.Namespace) -> list[Row]:
    """Measure a list of agents of mixed types beside one of as many plain ones."""
    project = stage.repository("mixed", 10)
    stage.create([f"l{number}" for number in range(_existing(stage, "l"), COUNT)], project)
    mixed = make_mixed(stage, project)
    steps = {
        "plain": Step(lambda _: ["env", stage.mngr, "list"]),
        "mixed": Step(lambda _: ["env", f"MNGR_HOST_DIR={mixed}", stage.mngr, "list"]),
    }
    series = interleave(steps, options.rounds)
    return [ratio(f"list, {COUNT} agents of all types", series["mixed"], [series["plain"]], "plain ones", (2, 1.5))]


def creating(stage: Stage, options: argparse.Namespace) -> list[Row]:
    """Measure `create` in a worktree of a small repository."""
    series = create_series(stage, stage.repository("small", 20), options.rounds)
    bare = [series["P"], series["G"], series["N"]]
    return [ratio("create, small repository", series["create"], bare, "(P + G + N)", (3, 2))]


def creating_large(stage: Stage, options: argparse.Namespace) -> list[Row]:
    """Measure `create` in a worktree of a repository of very many files."""
    series = create_series(stage, stage.repository("large", options.files), options.large_rounds)
    return [ratio(f"create, {options.files} files", series["create"], [series["G"]], "G", (1.15, 1.05))]


def create_series(stage: Stage, project: Path, rounds: int) -> dict[str, Series]:
    """Measure `create` beside the bare tools that it needs; each round takes away what it made."""
    tree = stage.folder / f"bare-{project.name}"
    name = project.name

    def leave(number: int) -> None:
        run("git", "-C", project, "worktree", "remove", "--force", tree)
        run("git", "-C", project, "branch", "-q", "-D", f"bare{number}")

    def destroy(number: int) -> None:
        run(stage.mngr, "destroy", f"{name}{number + 1}", "--force")
        shutil.rmtree(stage.host_dir / "destroyed", ignore_errors=True)

    git = ["git", "-C", str(project)]
    words = ["command", "--no-connect", "--from", str(project), "--", "sleep", "100000"]
    return interleave(
        {
            "P": python(stage),
            "G": Step(lambda n: [*git, "worktree", "add", "-q", "-b", f"bare{n}", str(tree)], after=leave),
            "N": Step(
                lambda n: stage.tmux("new-session", "-d", "-s", f"bare{n}", "sleep 100000"),
                before=lambda _: _server(stage, project),
                after=lambda n: run(*stage.tmux("kill-session", "-t", f"=bare{n}")),
            ),
            "create": Step(lambda n: [stage.mngr, "create", f"{name}{n + 1}", *words], after=destroy),
        },
        rounds,
    )


def using(stage: Stage, options: argparse.Namespace) -> list[Row]:
    """Measure `exec`, `message` and `stop`, less what the bare commands take."""
    project = stage.repository("use", 10)
    stage.create(["used", "stopped"], project)
    pane = "=mngr-used:"
    series = interleave(
        {
            "P": python(stage),
            "sh": Step(lambda _: ["sh", "-c", "true"]),
            "exec": Step(lambda _: [stage.mngr, "exec", "used", "true"]),
            "paste": Step(
                lambda _: stage.tmux(
                    *("set-buffer", "-b", "x", "hello", ";", "paste-buffer", "-d", "-b", "x", "-t", pane),
                    *(";", "send-keys", "-t", pane, "Enter"),
                )
            ),
            "message": Step(lambda _: [stage.mngr, "message", "used", "hello"]),
            "kill": Step(
                lambda n: stage.tmux("kill-session", "-t", f"=bare{n}"),
                before=lambda n: run(*stage.tmux("new-session", "-d", "-s", f"bare{n}", "sleep 100000")),
            ),
            "stop": Step(
                lambda _: [stage.mngr, "stop", "stopped"], before=lambda _: run(stage.mngr, "start", "stopped")
            ),
        },
        options.rounds,
    )
    pairs = (("exec", "sh"), ("message", "paste"), ("stop", "kill"))
    rest = {name: less(series[name], series[bare]) for name, bare in pairs}
    return [ratio(f"{n}, less its {b}", rest[n], [series["P"]], "P", (6, 4)) for n, b in pairs]


def reaching(stage: Stage, options: argparse.Namespace) -> list[Row]:
    """Measure what SSH hosts take: all at once, warm and cold, and one command on one."""
    from hosts import SshHosts, measured, measured_cold

    project = stage.repository("reach", 10)
    with SshHosts(stage, options.hosts, options.ssh_option) as hosts:
        run(stage.mngr, "list")
        words = ("command", "--transfer", "none", "--no-connect")
        run(stage.mngr, "create", "here@local", *words, "--from", project, "--", "sleep", "100000")
        run(stage.mngr, "create", "there@h0.ssh", *words, "--target-path", project, "--", "sleep", "100000")
        warm = measured(hosts, options.rounds)
        cold = measured_cold(hosts, max(3, options.rounds // 5))
    more = statistics.median(
        (there - here) * 1000 for there, here in zip(warm["there"].wall, warm["here"].wall, strict=True)
    )
    count = options.hosts
    return [
        ratio(f"list, {count} SSH hosts", warm["list"], [warm["alone"], warm["R"], warm["R"]], "(local + 2R)", (20, 2)),
        ratio("the same by ssh, at once", warm["list"], [warm["alone"], warm["each"]], "(local + each)", (1, 0.5)),
        Row("exec there, more than here", "", more, None, "ms", 100, 30),
        Row(f"list, {count} cold SSH hosts", "", cold["list"].median, None, "s", 10, 4),
        ratio("the same by ssh, at once", cold["list"], [cold["each"]], "each, cold", (3, 1.5)),
    ]


def weighing(stage: Stage, _: argparse.Namespace) -> list[Row]:
    """Weigh what is installed: mngr and what it needs."""
    versions = sorted(stage.home.glob("data/mngr/versions/*/lib/python*/site-packages"))
    packages = [path for site in versions[-1:] for path in site.iterdir()]
    names = {path.name for path in packages if path.suffix == ".dist-info" and not path.name.startswith("mngr-")}
    size = sum(path.stat().st_size for folder in packages for path in folder.rglob("*") if path.is_file())
    return [
        Row("packages that mngr needs", "", len(names), None, "", 10, 3),
        Row("all that is installed", "", size / MB, None, "MB", 15, 5),
    ]


GROUPS: dict[str, Callable[[Stage, argparse.Namespace], list[Row]]] = {
    "start": start,
    "use": using,
    "create": creating,
    "mixed": mixing,
    "list": listing,
    "hosts": reaching,
    "weight": weighing,
    "large": creating_large,
}


def python(stage: Stage) -> Step:
    """Return the first baseline: the same Python, doing nothing."""
    return Step(lambda _: [stage.python, "-I", "-c", "pass"])


def ratio(what: str, series: Series, bare: list[Series], unit: str, limits: tuple[float, float]) -> Row:
    """Return a row that compares a series with the sum of bare ones; `limits` are the limit and the aim."""
    low, high = series.spread
    shown = f"{series.median * 1000:8.1f} ms ({low * 1000:.1f} to {high * 1000:.1f})"
    wall = _median_ratio(series.wall, [each.wall for each in bare])
    return Row(what, shown, wall, _median_ratio(series.processor, [each.processor for each in bare]), unit, *limits)


def less(series: Series, own: Series) -> Series:
    """Return a series without the time that the command itself takes."""
    wall = [max(0.0, mine - its) for mine, its in zip(series.wall, own.wall, strict=True)]
    processor = [max(0.0, mine - its) for mine, its in zip(series.processor, own.processor, strict=True)]
    return Series(wall, processor, series.peak)


def table(rows: list[Row]) -> str:
    """Return the rows as text."""
    lines = [f"{'':<30}{'median (spread)':<34}{'ratio':>8}{'cpu':>7} {'':<12}{'limit':>7}{'aim':>7}"]
    for row in rows:
        processor = "" if row.processor is None else f"{row.processor:.2f}"
        measured = f"{row.what:<30}{row.measured:<34}{row.ratio:>8.2f}{processor:>7} {row.unit:<12}"
        lines.append(f"{measured}{row.limit:>7}{row.aim:>7}  {row.verdict}")
    return "\n".join(lines)


def _median_ratio(measured: list[float], bare: list[list[float]]) -> float:
    return statistics.median(mine / sum(others) for mine, *others in zip(measured, *bare, strict=True))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help=f"what to measure: {', '.join(GROUPS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--large-rounds", type=int, default=15)
    parser.add_argument("--agents", default="100,1000", help="how many agents to list, one after the other")
    parser.add_argument("--files", type=int, default=100_000, help="how many files the large repository has")
    parser.add_argument("--hosts", type=int, default=50, help="how many SSH hosts to list")
    parser.add_argument("--ssh-option", default="", help="a line of ssh's configuration for all of them")
    parser.add_argument("--program", help="the mngr to measure (default: installed afresh from this tree)")
    parser.add_argument("--check", action="store_true", help="fail when a limit is passed")
    return parser.parse_args()


def _server(stage: Stage, project: Path) -> None:
    """Have mngr's tmux server run before a bare session is timed on it."""
    if not (stage.host_dir / "names" / "keeper").exists():
        stage.create(["keeper"], project)


def _existing(stage: Stage, prefix: str) -> int:
    return len(list((stage.host_dir / "names").glob(f"{prefix}[0-9]*")))


if __name__ == "__main__":
    raise SystemExit(main())
