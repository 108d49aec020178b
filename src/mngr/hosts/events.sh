# events.sh FOLDER ID FIRST_BYTE | events.sh FOLDER all
# Prints an agent's events, from a byte on (counted from 1); or those of all agents, each under a line `==> ID`, and
# the host's own under `==> -`.
# Exit 66: the agent has gone; what is left of its events was printed.
set -u
export LC_ALL=C
cd "$1" || exit 66
if [ "$2" = all ]; then
    for agent in agents/agent-* destroyed/agent-*; do
        [ -f "$agent/events.jsonl" ] || continue
        printf '==> %s\n' "${agent#*/}"
        cat "$agent/events.jsonl"
    done
    [ ! -f events.jsonl ] || { echo '==> -' && cat events.jsonl; }
    exit 0
fi
for place in agents destroyed; do
    if [ -d "$place/$2" ]; then
        [ ! -f "$place/$2/events.jsonl" ] || tail -c "+$3" "$place/$2/events.jsonl"
        [ "$place" = agents ] || exit 66
        exit 0
    fi
done
exit 66
