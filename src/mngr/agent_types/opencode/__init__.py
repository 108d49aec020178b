"""Agent type `opencode`: OpenCode, spoken to and read through a plugin of mngr's that runs inside it."""

from __future__ import annotations

from mngr.model.conversation import Headless, Program
from mngr.model.versions import PINNED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.model.conversation import Dialog, Message, Verdict
    from mngr.model.observation import Observation, Seen
    from mngr.model.protocols import Reading

FILES = ("launch.sh", "plugin.js", "watcher.js", "clerk.js", "read.js")
LOGIN, TAKEOVER = "agent_types/opencode/login.sh", "agent_types/opencode/takeover.sh"
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY")
FOLDERS = ("OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR", "OPENCODE_CONFIG_CONTENT", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
SWITCHES = ("OPENCODE_API_KEY", "OPENCODE_DISABLE_MODELS_FETCH", "XDG_CACHE_HOME", "XDG_STATE_HOME")


class OpencodeType:
    """OpenCode, as one of its own plugins sees it."""

    name = "opencode"
    program = Program(
        "opencode",
        *PINNED["opencode"],
        KEYS + FOLDERS + SWITCHES,
        login=LOGIN,
        takeover=TAKEOVER,
    )

    def launch(self, record: AgentRecord) -> list[str]:
        """Return what starts OpenCode with the agent's conversation."""
        return _launch(record.command)

    def files(self, record: AgentRecord) -> dict[str, bytes]:
        """Return the launcher, the plugin, and what reads its database."""
        import os

        folder = os.path.dirname(__file__)
        found: dict[str, bytes] = {}
        for name, source in [*((name, name) for name in FILES), ("read-record", "read-record.sh")]:
            with open(os.path.join(folder, source), "rb") as file:
                found[name] = file.read()
        return found

    def prepare(self, host: Any, record: AgentRecord, trusted: bool) -> None:
        """Do nothing: settings and logins are the user's, and OpenCode asks for no trust."""

    def state(self, seen: Observation) -> Seen:
        """Derive the state from what the plugin wrote down."""
        from mngr.agent_types.opencode.signs import state

        return state(seen)

    def deliver(self, session: Any, message: Message) -> Verdict:
        """Hand the plugin a message. Raises NotAcceptedError, BlockedError."""
        from mngr.agent_types.opencode import talk

        return talk.deliver(session, message)

    def answer(self, session: Any, choice: str | None) -> Dialog:
        """Answer the open question through the plugin, or only say what it is. Raises UserError."""
        from mngr.agent_types.opencode import talk

        return talk.answer(session, choice)

    def interrupt(self, session: Any) -> bool:
        """End the turn through the plugin; tell whether there was one."""
        from mngr.agent_types.opencode import talk

        return talk.interrupt(session)

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of rows of its database."""
        from mngr.agent_types.opencode.record import Rows

        return Rows()

    def headless(self, record: AgentRecord) -> Headless:
        """Return a run that ends with the answer."""
        from mngr.agent_types.opencode.record import told

        return Headless(_launch(["run", "--format", "json", *record.command]), told)


def _launch(words: list[str]) -> list[str]:
    return ["sh", "-c", 'exec sh "$MNGR_AGENT_STATE_DIR/launch.sh" "$@"', "opencode", *words]


PLUGIN = OpencodeType()
