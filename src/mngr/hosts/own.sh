# own.sh SCRIPT [ARGUMENT]...
# Runs a script (its text) with the user's own settings. Inside an agent variables that lead programs to their folders
# lead to those of that agent; what they were for the user (empty: not set) the agent has as MNGR_USER_NAME.
script=$1
shift
if [ -n "${MNGR_AGENT_STATE_DIR-}" ]; then
    for name in $(env | LC_ALL=C awk '
        index($0, ENVIRON["MNGR_AGENT_STATE_DIR"] "/") && /^[A-Z][A-Z0-9_]*=/ { sub(/=.*/, ""); print }'); do
        case $name in
        MNGR_* | PATH) ;;
        *) unset "$name" ;;
        esac
    done
    for name in $(env | LC_ALL=C sed -n 's/^MNGR_USER_\([A-Z][A-Z0-9_]*\)=.*/\1/p'); do
        eval "value=\$MNGR_USER_$name"
        if [ -n "$value" ]; then
            export "$name=$value"
        else
            unset "$name"
        fi
    done
fi
eval "$script"
