# unbury.sh FOLDER ID NAME
# Takes a name for a destroyed agent (its record, by that name, is on standard input) and moves its folder back.
# Answers `ready`, or `taken`. Can be run again.
set -u
umask 077
folder=$1 id=$2 name=$3
IFS= read -r record || exit 64
# One restore at a time: the folder is the lock, wherever it is.
tries=50
until { command exec 9<"$folder/destroyed/$id" || command exec 9<"$folder/agents/$id"; } 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 66
done
if command -v flock >/dev/null 2>&1; then flock -w 60 9 || exit 75; fi
# Whoever finishes half-done destroys must not finish this one while, or after, it is taken back.
for place in destroyed agents; do
    [ ! -e "$folder/$place/$id/destroying" ] ||
        mv "$folder/$place/$id/destroying" "$folder/$place/$id/destroyed_at" || exit 74
done
if [ ! -d "$folder/agents/$id" ]; then
    cd "$folder/destroyed/$id" || exit 66
    printf '%s\n' "$record" >record.new && printf '%s\n' "$id" >claim || exit 74
    if ! ln claim "$folder/names/$name" 2>/dev/null; then
        holder=
        read -r holder 2>/dev/null <"$folder/names/$name" || :
        if [ "$holder" != "$id" ]; then
            rm -f record.new claim
            echo taken
            exit 0
        fi
    fi
    mv record.new record.json || exit 74
    cd "$folder" || exit 66
    mv "destroyed/$id" "agents/$id" || exit 74
fi
printf '{"time": "%s", "source": "mngr", "type": "restored"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    >>"$folder/agents/$id/events.jsonl"
echo ready
