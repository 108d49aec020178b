"""The root command, and the one place where an error becomes text and an exit code."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.runlog import RunLog
    from mngr.cli.world import World
    from mngr.model.errors import UserError

FAILED, INTERRUPTED, BUG = 1, 130, 70


def main(argv: list[str] | None = None) -> int:
    """Run the command line of this process and return its exit code. All is flushed: `os._exit` may follow."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if words in (["--version"], ["-V"]):
            return _print_version()
        if words[:1] == ["__complete"]:
            from mngr.cli.complete import complete

            return complete(words[1:])
        import gc

        from mngr.cli.signals import install
        from mngr.cli.world import process_world

        gc.set_threshold(50_000)  # a short life makes little garbage; looking for it costs more
        install()
        return perform(process_world(), words)
    except KeyboardInterrupt:
        return INTERRUPTED


def perform(world: World, words: list[str]) -> int:
    """Run one command line in a world and return its exit code. What goes wrong is said on its standard error."""
    from mngr.cli.dispatch import dispatch
    from mngr.cli.runlog import RunLog
    from mngr.transports import run

    log = RunLog(world)
    run.before.append(log.before)
    run.after.append(log.after)
    world.before_leaving.append(lambda argv: log.write(None, argv))
    code = BUG
    try:
        code = dispatch(world, words, log)
        world.stdout.flush()
    except BaseException as error:
        code = _explain(world, log, error)
    finally:
        run.before.remove(log.before)
        run.after.remove(log.after)
    log.write(code)
    return code


def _explain(world: World, log: RunLog, error: BaseException) -> int:
    """Say what went wrong and return the exit code for it."""
    from mngr.model.errors import UserError

    stdout_is_broken = not _flush(world)
    if world.options.debug:
        from mngr.cli.runlog import mask, traceback_of

        world.tell(mask(traceback_of(error), log.secrets).rstrip())
    if isinstance(error, BrokenPipeError) and _reader_is_gone(world):
        return 0
    if isinstance(error, KeyboardInterrupt):
        if world.err_is_terminal:
            world.tell("")  # the terminal has shown ^C
        return _complain(world, UserError("interrupted"), INTERRUPTED)
    if isinstance(error, UserError):
        return _complain(world, error, error.exit_code)
    if isinstance(error, OSError):
        place = "standard output" if stdout_is_broken else error.filename
        return _complain(world, UserError(f"{place}: {_reason(error)}" if place else _reason(error)), FAILED)
    path = log.write_bug(error)
    where = f"the log is {path}" if path else "and its log could not be written"
    hint = None if path else "run it again with --debug"
    return _complain(world, UserError(f"a bug in mngr ({type(error).__name__}); {where}", hint), BUG)


def _complain(world: World, error: UserError, code: int) -> int:
    from mngr.cli.complain import complain, tell_programs

    complain(world, error)
    tell_programs(world, error, code)
    return code


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _reader_is_gone(world: World) -> bool:
    """Tell whether nobody reads standard output any more (`mngr list | head -1`): that is no failure."""
    import select

    try:
        poll = select.poll()
        poll.register(world.stdout.fileno(), select.POLLERR)
        return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))
    except (OSError, ValueError):
        return False


def _flush(world: World) -> bool:
    try:
        world.stdout.flush()
    except (OSError, ValueError):
        return False
    return True


def _print_version() -> int:
    from mngr import __version__

    try:
        os.write(1, f"mngr {__version__}\n".encode())
    except OSError:
        return FAILED
    return 0
