"""Agent type `claude`: Anthropic's Claude Code."""

from __future__ import annotations

from mngr.agent_types.claude.state import derive
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
VARIABLES = (
    "ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_BASE_URL ANTHROPIC_MODEL ANTHROPIC_CUSTOM_HEADERS "
    "CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CONFIG_DIR CLAUDE_CODE_USE_BEDROCK CLAUDE_CODE_USE_VERTEX CLAUDE_CODE_USE_FOUNDRY "
    "AWS_PROFILE AWS_REGION CLOUD_ML_REGION ANTHROPIC_VERTEX_PROJECT_ID CLAUDE_CODE_MAX_RETRIES IS_SANDBOX"
).split()


class ClaudeType:
    """Claude Code: started with a folder of its own, read from its registry, its hooks and its record, typed to."""

    name = "claude"
    usage_words = ('"usage"',)
    program = Program(
        command="claude",
        package=PINNED["claude"][0],
        version=PINNED["claude"][1],
        variables=tuple(VARIABLES),
        login="agent_types/claude/login.sh",
        takeover="agent_types/claude/takeover.sh",
    )

    def launch(self, record: AgentRecord) -> list[str]:
        """Return the command that becomes Claude, in the agent's conversation if it has one."""
        return ["sh", "-c", BECOME_IT, "claude", *record.command]

    def files(self, record: AgentRecord) -> dict[str, bytes]:
        """Return the launcher, the hook, and the settings that are added to the user's own."""
        from mngr.agent_types.claude.settings import files

        return files()

    def prepare(self, host: Any, record: AgentRecord, trusted: bool) -> None:
        """Write what Claude knows of its user and of the folder that it works in."""
        from mngr.agent_types.claude.settings import prepare

        prepare(host, record, trusted=trusted)

    def state(self, seen: Observation) -> Seen:
        """Derive the state from Claude's registry, what hooks said, and where these leave it open the screen."""
        return derive(seen)

    def deliver(self, session: Any, message: Message) -> Verdict:
        """Type a message and see it in the record. Raises NotAcceptedError, BlockedError."""
        from mngr.agent_types.claude.manners import MANNERS
        from mngr.hosts.typist import deliver

        return deliver(session, MANNERS, message)

    def answer(self, session: Any, choice: str | None) -> Dialog:
        """Answer the open dialog, or only say what it is. Raises UserError."""
        from mngr.agent_types.claude.manners import MANNERS
        from mngr.hosts.typist import answer

        return answer(session, MANNERS, choice)

    def interrupt(self, session: Any) -> bool:
        """End the turn; tell whether there was one. Raises UserError."""
        from mngr.agent_types.claude.manners import MANNERS
        from mngr.hosts.typist import interrupt

        return interrupt(session, MANNERS)

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of Claude's record."""
        from mngr.agent_types.claude.record import Sessions

        return Sessions(conversations)

    def headless(self, record: AgentRecord) -> Headless:
        """Return how Claude is run without a screen."""
        from mngr.agent_types.claude.headless import headless

        return headless(record)


PLUGIN = ClaudeType()
