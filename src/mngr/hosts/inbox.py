"""An agent's inbox: requests to a program that looks there for them, one at a time, and answers each."""

from __future__ import annotations

from mngr.hosts.lock import REFUSED, refusal
from mngr.model.data import is_table
from mngr.model.errors import NotAcceptedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host

LOCK_SECONDS = 120
SECONDS = 90  # a program on a busy machine takes its time to come up
NOT_RUNNING, NO_ANSWER = 5, 7


def ask(host: Host, record: AgentRecord, request: dict[str, Any], message_id: str = "") -> dict[str, Any]:
    """Give an agent's program a request, one at a time, in one round trip, and return its answer.

    Raises NotAcceptedError when none came: what the program had not begun with was taken back.
    """
    import json

    lock = ["hosts/lock.sh", f"{host.paths.agent(record.id)}/keyboard.lock", str(LOCK_SECONDS)]
    script = ["hosts/inbox.sh", host.paths.folder, record.id, host.tmux_socket, str(SECONDS), message_id]
    line = json.dumps(request).encode() + b"\n"
    result = host.run([*host.script_command(lock), *host.script_command(script)], line, check=False)
    if result.code in REFUSED:
        raise refusal(result.code)
    if result.code == NOT_RUNNING:
        raise NotAcceptedError(
            f"'{record.name}' cannot be reached: its program does not run", hint=f"mngr start {record.name}"
        )
    if result.code == NO_ANSWER:
        raise NotAcceptedError(
            f"'{record.name}' did not get the message: its program did not answer within {SECONDS} s, or it ended",
            hint=f"mngr why {record.name}",
        )
    try:
        answer: object = json.loads(result.out)
    except ValueError:
        answer = None
    if result.code != 0 or not is_table(answer):
        complaint = result.complaint or f"its inbox cannot be used (exit {result.code})"
        raise NotAcceptedError(f"'{record.name}' did not get the message: {complaint}", hint="run: mngr doctor")
    return answer
