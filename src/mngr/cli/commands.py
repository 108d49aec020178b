"""Every command's name and summary: what help and completion need without importing the commands."""

from __future__ import annotations

from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Command

GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Managing agents",
        (
            ("create", "Make and start an agent"),
            ("list", "Show agents and what they are doing"),
            ("connect", "Attach to an agent's session"),
            ("open", "Open what an agent serves, forwarding its port"),
            ("exec", "Run a command in an agent's workspace"),
            ("stop", "End sessions and keep everything"),
            ("start", "Bring stopped agents back"),
            ("destroy", "Remove agents; what they made can be restored"),
            ("clone", "Make another agent with all that an agent made and knows"),
            ("provision", "Bring agents again what they need before a start"),
            ("restore", "Bring back what was destroyed"),
            ("rename", "Give an agent another name"),
            ("label", "Show and change labels"),
            ("archive", "Put agents out of sight"),
            ("wait", "Wait until agents are in a state"),
            ("snapshot", "Save whole hosts, from which new ones can start"),
            ("limit", "Show and change when hosts stop themselves"),
            ("why", "Explain an agent's state by its signs"),
        ),
    ),
    (
        "Messages and output",
        (
            ("message", "Say something to agents"),
            ("answer", "Answer the question that blocks an agent"),
            ("interrupt", "End the turns of agents"),
            ("outbox", "Show messages and what became of them"),
            ("transcript", "Show what was said with an agent"),
            ("usage", "Show tokens and money"),
            ("capture", "Print an agent's screen"),
            ("events", "Show what happened to an agent"),
        ),
    ),
    (
        "Maintenance",
        (
            ("gc", "Remove what belongs to no agent"),
            ("doctor", "Check what mngr needs and say how to mend it"),
        ),
    ),
    (
        "mngr itself",
        (
            ("config", "Show and change settings"),
            ("completion", "Print the completion script of a shell"),
            ("help", "Show help on a command or a topic"),
        ),
    ),
)

SUMMARIES: dict[str, str] = {name: summary for _, entries in GROUPS for name, summary in entries}

ALIASES = {
    "c": "create",
    "ls": "list",
    "conn": "connect",
    "copy": "clone",
    "x": "exec",
    "rm": "destroy",
    "mv": "rename",
    "msg": "message",
    "cfg": "config",
    "snap": "snapshot",
}

# Words that other programs have for these commands, and what to type instead.
HABITS = {
    **dict.fromkeys(("attach", "a", "at", "join", "enter"), "to attach to an agent: mngr connect NAME"),
    **dict.fromkeys(("kill", "end", "quit"), "to end its session: mngr stop NAME; to remove it: mngr destroy NAME"),
    **dict.fromkeys(("delete", "del", "remove"), "to remove an agent: mngr destroy NAME"),
    **dict.fromkeys(
        ("log", "logs", "output", "show", "tail", "history"),
        "what was said: mngr transcript NAME; what it shows: mngr capture NAME; what happened: mngr events NAME",
    ),
    **dict.fromkeys(("new", "add", "spawn", "run", "init"), "to make an agent: mngr create"),
    **dict.fromkeys(("ps", "status", "st", "top"), "to see agents: mngr list; why one is in its state: mngr why NAME"),
    **dict.fromkeys(("send", "say", "tell", "prompt"), "to say something to an agent: mngr message NAME 'TEXT'"),
    **dict.fromkeys(("cost", "costs", "tokens"), "to see tokens and money: mngr usage"),
    **dict.fromkeys(("ssh", "shell", "sh"), "to run something in a workspace: mngr exec NAME 'COMMAND'"),
    **dict.fromkeys(("reply", "approve", "allow", "deny", "reject"), "to answer a question: mngr answer NAME CHOICE"),
    **dict.fromkeys(("cancel", "abort", "break"), "to end an agent's turn: mngr interrupt NAME"),
    **dict.fromkeys(("queue", "messages", "inbox"), "to see messages: mngr outbox; to queue one: mngr message --queue"),
    **dict.fromkeys(("port", "ports", "forward", "browse", "url"), "to open what an agent serves: mngr open NAME"),
    "version": "mngr --version",
    "resume": "to bring an agent back: mngr start NAME",
    "restart": "mngr stop NAME, then: mngr start NAME",
    "undo": "to bring back what was destroyed: mngr restore NAME",
    **dict.fromkeys(("fork", "duplicate", "cp"), "to make another of an agent: mngr clone NAME"),
    "install": "to install an agent's program: mngr provision NAME",
    **dict.fromkeys(("commit", "save", "backup"), "to save a whole host: mngr snapshot create @HOST"),
    "prune": "to remove what belongs to no agent: mngr gc",
    "settings": "to see settings: mngr config list",
}

TOPICS = {
    "addresses": "How agents and hosts are named",
    "hosts": "Other machines, and what happens when they are not reached",
    "states": "What an agent can be doing",
    "workspaces": "An agent's own copy of the project",
    "docker": "Containers as hosts",
    "idle": "When a host stops itself",
    "filters": "Choosing many agents at once",
    "transcripts": "What was said, in one form for all programs",
    "formats": "Tables, JSON and templates",
    "settings": "Where settings come from, templates and defaults",
    "environment": "Variables that mngr reads and sets",
    "exit-codes": "What the exit code says",
}


def load(name: str) -> Command:
    """Import a command by its name or alias. Raises UsageError that names the nearest ones."""
    full_name = ALIASES.get(name, name)
    if full_name not in SUMMARIES:
        raise unknown(name)
    module = f"mngr.cli.{full_name}"
    try:
        return __import__(module, fromlist=["COMMAND"]).COMMAND
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
    raise UsageError(f"{full_name} is not part of this mngr", hint="see: mngr help")


def unknown(name: str) -> UsageError:
    """Return the error for a word that is no command."""
    from mngr.model.names import nearest, shown

    if name in HABITS:
        return UsageError(f"{shown(name)} is not a command", hint=HABITS[name])
    near = list(dict.fromkeys(ALIASES.get(word, word) for word in nearest(name, (*SUMMARIES, *ALIASES))))[:2]
    return UsageError(
        f"{shown(name)} is not a command",
        hint=f"did you mean {' or '.join(f'mngr {word}' for word in near)}?" if near else "see: mngr help",
    )
