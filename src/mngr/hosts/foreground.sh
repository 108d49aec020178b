# foreground.sh FOLDER ID WORK_DIR
# Becomes an agent's program right here, without a session. Writes down which process it is, and since when.
MNGR_AGENT_ID=$2 MNGR_AGENT_STATE_DIR=$1/agents/$2 MNGR_AGENT_WORK_DIR=$3
export MNGR_AGENT_ID MNGR_AGENT_STATE_DIR MNGR_AGENT_WORK_DIR
umask 077
started=
if read -r started 2>/dev/null <"/proc/$$/stat"; then
    # Field 22, counted from the end of the name, which may hold anything.
    # shellcheck disable=SC2086
    set -- ${started##*) }
    shift 19
    started=$1
fi
printf '%s %s\n' "$$" "$started" >"$MNGR_AGENT_STATE_DIR/foreground"
umask 022
exec sh "$MNGR_AGENT_STATE_DIR/mngr-launch"
