# destroyed.sh FOLDER
# Two lines for each agent that was destroyed, or half destroyed: when (seconds since 1970), and its record.
set -u
export LC_ALL=C
cd "$1" 2>/dev/null || exit 0
for agent in destroyed/agent-* agents/agent-*; do
    at=0 line=
    if [ -f "$agent/destroyed_at" ]; then
        read -r at 2>/dev/null <"$agent/destroyed_at" || :
    elif [ -f "$agent/destroying" ]; then
        read -r at 2>/dev/null <"$agent/destroying" || :
    else
        continue
    fi
    [ -f "$agent/record.json" ] || continue
    read -r line 2>/dev/null <"$agent/record.json" || continue
    printf '%s\n%s\n' "${at:-0}" "$line"
done
