"""Every error a user can meet, and its exit code.

UserError            1    failed
├── UsageError       2    wrong usage
├── NotFoundError    3    no such agent or host
├── UnreachableError 4    a host could not be reached
├── NotAcceptedError 5    a message was not accepted
├── BlockedError     6    an agent is blocked on a dialog
├── WorkAtRiskError  7    refused because work would be lost
├── TimedOutError    124  took longer than allowed
└── CommandError     1    an external command failed (carries its result)
    └── MissingProgramError   the program is not on PATH
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.result import Result


class UserError(Exception):
    """Something the user can mend: what failed and where, and what to type."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(UserError):
    """The command line, an address or a setting is wrong; nothing was changed."""

    exit_code = 2


class NotFoundError(UserError):
    """No such agent or host."""

    exit_code = 3


class UnreachableError(UserError):
    """A host could not be reached."""

    exit_code = 4


class NotAcceptedError(UserError):
    """A message was not accepted."""

    exit_code = 5


class BlockedError(UserError):
    """An agent is blocked on a dialog."""

    exit_code = 6


class WorkAtRiskError(UserError):
    """Refused, because work that exists nowhere else would be lost."""

    exit_code = 7


class TimedOutError(UserError):
    """It took longer than allowed. `said` is what a command had written by then."""

    exit_code = 124
    said: bytes = b""


class CommandError(UserError):
    """An external command failed."""

    def __init__(self, message: str, result: Result | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.result = result


class MissingProgramError(CommandError):
    """An external program is not on PATH."""
