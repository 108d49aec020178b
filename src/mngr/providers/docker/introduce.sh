# introduce.sh FOLDER HOST_ID [saved]
# Gives a new host its own id. In one made from a snapshot, agents that ran when that was taken count as stopped:
# nothing starts them again by itself. Says which tools are missing that a host needs.
umask 077
folder=$1
mkdir -p "$folder" && printf '{"id": "%s"}\n' "$2" >"$folder/host.json.new" &&
    mv -f "$folder/host.json.new" "$folder/host.json" || exit 74
if [ "${3-}" = saved ]; then
    for agent in "$folder"/agents/agent-*; do
        [ -e "$agent/wanted" ] || continue
        date +%s >"$agent/stopped" && rm -f "$agent/wanted"
    done
    rm -f "$folder/idle.json" "$folder/stop_reason.json" "$folder/last_stop_reason.json"
    if [ -f "$folder/idle" ]; then # its lifetime begins now
        while read -r line; do
            case $line in
            created=*) echo "created=$(date +%s)" ;;
            *) printf '%s\n' "$line" ;;
            esac
        done <"$folder/idle" >"$folder/idle.new" && mv -f "$folder/idle.new" "$folder/idle" || exit 74
    fi
fi
for tool in git tmux; do
    command -v "$tool" >/dev/null || echo "$tool"
done
