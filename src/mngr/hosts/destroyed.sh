# destroyed.sh FOLDER
# Two lines for each agent that was destroyed, or half destroyed: when (seconds since 1970), and its record.
set -u
export LC_ALL=C
cd "$1" 2>/dev/null || exit 0

tell() { # AGENT_FOLDER: fail where nothing there was destroyed
    at=0 line=
    if [ -f "$1/destroyed_at" ]; then
        read -r at 2>/dev/null <"$1/destroyed_at" || :
    elif [ -f "$1/destroying" ]; then
        read -r at 2>/dev/null <"$1/destroying" || :
    else
        return 1
    fi
    [ -f "$1/record.json" ] && read -r line 2>/dev/null <"$1/record.json" || return 1
    printf '%s\n%s\n' "${at:-0}" "$line"
}

# A restore, or the end of a destroy, may move a folder while we look: then it is at the other place. The places are
# listed one after the other, so one of them twice: whichever way a folder goes meanwhile, it stands in some list.
told=' '
for agent in agents/agent-* destroyed/agent-* agents/agent-*; do
    id=${agent#*/} other=agents
    case $told in *" $id "*) continue ;; esac
    [ "${agent%%/*}" = destroyed ] || other=destroyed
    if tell "$agent" || tell "$other/$id" || tell "$agent"; then
        told="$told$id "
    fi
done
