# mngr-launch [SHELL_COMMAND]
# What tmux runs for an agent: sets its environment, goes to its workspace and becomes its program. With an argument
# it becomes a shell that runs it, and with `--shell` an interactive one: for further windows.
# shellcheck disable=SC1091  # the two files lie in the agent's folder

# Which tmux server it is on is written down by itself: no program lives of which that is not known.
if [ $# -eq 0 ] && [ -f "$MNGR_AGENT_STATE_DIR/tmux" ]; then
    { printf '%s\n' "${TMUX%%,*}" >"$MNGR_AGENT_STATE_DIR/tmux"; } 2>/dev/null
fi
if [ -f "$MNGR_AGENT_STATE_DIR/../../host-env" ]; then . "$MNGR_AGENT_STATE_DIR/../../host-env"; fi
. "$MNGR_AGENT_STATE_DIR/env" || exit 126
if ! cd -- "$MNGR_AGENT_WORK_DIR"; then
    echo "mngr: the workspace is gone: $MNGR_AGENT_WORK_DIR" >&2
    exit 126
fi
unset OLDPWD
case ${1-} in
'') . "$MNGR_AGENT_STATE_DIR/command" || exit 126 ;;
--shell) set -- "${SHELL:-/bin/sh}" ;;
*) set -- "${SHELL:-/bin/sh}" -c "$1" ;;
esac
if ! command -v -- "$1" >/dev/null 2>&1; then
    echo "mngr: cannot start $1: there is no such program on PATH" >&2
    exit 127
fi
exec "$@"
