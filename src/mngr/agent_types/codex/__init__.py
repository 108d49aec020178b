"""Agent type `codex`: OpenAI's Codex CLI."""

from __future__ import annotations

from mngr.agent_types.codex.state import derive
from mngr.model.conversation import Program
from mngr.model.versions import PINNED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.model.conversation import Dialog, Headless, Message, Verdict
    from mngr.model.observation import Observation, Seen
    from mngr.model.protocols import Reading

BECOME_IT = 'exec sh "$MNGR_AGENT_STATE_DIR/launch.sh" "$@"'


class CodexType:
    """Codex: started with a folder of its own, read from its title and its record, typed to."""

    name = "codex"
    usage_words = ('"session_meta"', '"turn_context"', '"token_usage_record"')
    usage_context = ('"session_meta"', '"turn_context"')
    program = Program(
        command="codex",
        package=PINNED["codex"][0],
        version=PINNED["codex"][1],
        variables=("CODEX_HOME", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"),
        login="agent_types/codex/login.sh",
        takeover="agent_types/codex/takeover.sh",
        native="@openai/codex-*/vendor/*/bin/codex",
    )

    def launch(self, record: AgentRecord) -> list[str]:
        """Return the command that becomes Codex, in the agent's conversation if it has one."""
        return ["sh", "-c", BECOME_IT, "codex", *record.command]

    def files(self, record: AgentRecord) -> dict[str, bytes]:
        """Return the launcher, the hooks, and where the record lies."""
        from mngr.agent_types.codex.settings import files

        return files()

    def prepare(self, host: Any, record: AgentRecord, trusted: bool) -> None:
        """Write down whether the workspace is trusted."""
        from mngr.agent_types.codex.settings import prepare

        prepare(host, record, trusted=trusted)

    def state(self, seen: Observation) -> Seen:
        """Derive the state from the title, what hooks said, and where these leave it open the record."""
        return derive(seen)

    def deliver(self, session: Any, message: Message) -> Verdict:
        """Type a message and see it in the record. Raises NotAcceptedError, BlockedError."""
        from mngr.agent_types.codex.manners import MANNERS
        from mngr.hosts.typist import deliver

        return deliver(session, MANNERS, message)

    def answer(self, session: Any, choice: str | None) -> Dialog:
        """Answer the open dialog, or only say what it is. Raises UserError."""
        from mngr.agent_types.codex.manners import MANNERS
        from mngr.hosts.typist import answer

        return answer(session, MANNERS, choice)

    def interrupt(self, session: Any) -> bool:
        """End the turn; tell whether there was one. Raises UserError."""
        from mngr.agent_types.codex.manners import MANNERS
        from mngr.hosts.typist import interrupt

        return interrupt(session, MANNERS)

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of Codex's record."""
        from mngr.agent_types.codex.record import Rollouts

        return Rollouts(conversations)

    def headless(self, record: AgentRecord) -> Headless:
        """Return how Codex is run without a screen."""
        from mngr.agent_types.codex.headless import headless

        return headless(record)


PLUGIN = CodexType()
