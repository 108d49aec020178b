# read-record sizes | from CURSOR
# Shows the record of the agent's conversations, which is a database of its program's: see `read.js`.
program=$(command -v opencode)
if [ -z "$program" ]; then
    # The agent's own environment may know where it is.
    # shellcheck disable=SC1091
    program=$(. "$MNGR_AGENT_STATE_DIR/env" >/dev/null 2>&1 && command -v opencode)
fi
for one in "${MNGR_AGENT_STATE_DIR%/*/*}"/programs/opencode*/node_modules/.bin/opencode; do
    [ -n "$program" ] || [ ! -x "$one" ] || program=$one
done
if [ -n "$program" ]; then
    BUN_BE_BUN=1 exec "$program" "$MNGR_AGENT_STATE_DIR/read.js" "$@" 2>/dev/null
fi
echo "${2:-0}"
