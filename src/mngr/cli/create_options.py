"""What `mngr create` takes."""

from __future__ import annotations

from mngr.cli.spec import Argument, Option

ARGUMENTS = (
    Argument("ADDRESS", "its name, or NAME@HOST, or NAME@HOST:PATH; left out, one is made up", complete="new"),
    Argument("AGENT_TYPE", "its agent type, such as command or shell", complete="type"),
)

_WORKSPACE = "Workspace"
_MESSAGE = "First message"
_ENVIRONMENT = "Environment"
_PROVISIONING = "Provisioning"
_PLACE = "Where"
_SESSION = "Session"

OPTIONS = (
    Option(("--type",), "its agent type (or as second argument)", "TYPE", complete="type"),
    Option(("--template", "-t"), "preset options from the configuration", "NAME", many=True, complete="template"),
    Option(("--label",), "a label", "KEY=VALUE", kind="pair", many=True),
    Option(("--project",), "the project it belongs to (default: the name of the repository)", "NAME"),
    Option(("--reuse",), "if there is such an agent, start it if need be and use it"),
    Option(("--id",), "its id: agent-<32 hex digits>", "ID"),
    Option(("--ignore-project-config",), "go on without what this repository's own config sets and needs trust"),
    Option(("--foreground",), "run headless: stream the output, pass the exit code on, remove the agent"),
    Option(("--provider", "--in"), "the provider of its host", "NAME", complete="provider", group=_PLACE),
    Option(("--host",), "its host", "NAME", complete="host", group=_PLACE),
    Option(
        ("--adopt",),
        "carry on a conversation that was begun without mngr: its id, or the first letters of it",
        "SESSION",
    ),
    Option(
        ("--from",),
        "a folder, here or there (@HOST:FOLDER), another agent, or a git URL (default: here)",
        "SOURCE",
        complete="source",
        group=_WORKSPACE,
    ),
    Option(
        ("--transfer",),
        "how the workspace is made",
        "MODE",
        kind="choice",
        choices=("worktree", "mirror", "rsync", "none"),
        group=_WORKSPACE,
    ),
    Option(("--target-path",), "where the workspace is made", "PATH", complete="folder", group=_WORKSPACE),
    Option(
        ("--branch",),
        "start from BASE, on the new branch NEW (default :mngr/NAME)",
        "[BASE][:NEW]",
        complete="branch",
        group=_WORKSPACE,
    ),
    Option(
        ("--include-unclean",), "bring uncommitted and untracked files (the default)", negatable=True, group=_WORKSPACE
    ),
    Option(("--ensure-clean",), "refuse if there are uncommitted or untracked files", group=_WORKSPACE),
    Option(("--include-ignored",), "bring ignored files too", group=_WORKSPACE),
    Option(("--depth",), "to another host: only so many commits of the branch", "NUMBER", kind="int", group=_WORKSPACE),
    Option(("--message", "-m"), "what to tell it first", "TEXT", group=_MESSAGE),
    Option(
        ("--message-file",),
        "a file with what to tell it (- is standard input)",
        "FILE",
        complete="file",
        group=_MESSAGE,
    ),
    Option(("--edit-message",), "write what to tell it in your editor", group=_MESSAGE),
    Option(("--env",), "an environment variable", "KEY=VALUE", kind="pair", many=True, secret=True, group=_ENVIRONMENT),
    Option(
        ("--env-file",),
        "a file with lines KEY=VALUE, taken literally",
        "FILE",
        many=True,
        complete="file",
        group=_ENVIRONMENT,
    ),
    Option(
        ("--pass-env",), "a variable to pass on from here", "KEY", many=True, complete="variable", group=_ENVIRONMENT
    ),
    Option(
        ("--upload-file",),
        "a file or folder to copy; REMOTE is in the workspace, or ~/PATH, or /PATH",
        "LOCAL:REMOTE",
        many=True,
        complete="file",
        group=_PROVISIONING,
    ),
    Option(
        ("--extra-provision-command",),
        "a shell command to run in the workspace before the start",
        "COMMAND",
        many=True,
        group=_PROVISIONING,
    ),
    Option(("--extra-window", "-w"), "another window in its session", "[NAME=]COMMAND", many=True, group=_SESSION),
    Option(
        ("--forward-agent",), "while you are connected, let it use your ssh agent (another host)", group=_ENVIRONMENT
    ),
    Option(("--connect",), "attach to it (the default on a terminal)", negatable=True, group=_SESSION),
    Option(("--connect-command",), "a command that is run instead of attaching", "COMMAND", group=_SESSION),
)

STRAY = "what is for the program goes after --: mngr create NAME -- PROGRAM ARGUMENTS..."

EXAMPLES = (
    ("mngr create", "an agent with a made-up name, in a worktree of this repository"),
    ("mngr create tests -- npm test", "run a program as an agent"),
    ("mngr create fix --branch main:fix/login -m 'hello'", "from main, on a branch of that name, with a first message"),
    ("mngr create notes shell --transfer none", "a shell right here"),
    ("mngr create again --from fix", "from the workspace of another agent"),
    ("mngr create --foreground claude -m 'what is new?'", "print its answer, and leave nothing"),
    ("mngr create --adopt 1a50bfb4", "an agent that carries on a conversation begun without mngr"),
)

ABOUT = """\
The agent gets a workspace of its own, on a branch of its own, with what is uncommitted here; nothing here is touched. \
See mngr help workspaces.

A lone claude, codex or opencode is a type, not a name. Without a type, words after -- are the program to run; else \
the type is default_type of the configuration, else the first of claude, codex and opencode that is \
installed and logged in here, else shell.

A program of these that is missing is installed with npm below mngr's own folder, after asking, or with --yes: in the \
version that agent_types.TYPE.version names, else the one that was tested. Another host without npm gets a copy of \
what npm installs here, if it is a machine of the same kind; else its package manager brings npm. --yes also says that \
you trust what the workspace is made from, as such programs ask; so does trust = true in your own settings.

--foreground runs without a terminal. A program that is talked to gets the message (-m, --message-file, or standard \
input) and answers once: its answer is printed as it comes, --format jsonl prints the program's own lines of JSON, the \
exit code is the program's, and the agent is removed.

What is uploaded comes before the commands that set up the workspace: the project's own (project.setup), then those \
given here. Each has provision.timeout_seconds.

If a step fails, everything that was made is removed again. A program that cannot be started, or fails at \
once, leaves its agent, in state failed, to look at: create says so and exits with 1."""
