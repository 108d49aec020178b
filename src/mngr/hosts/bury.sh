# bury.sh FOLDER ID NAME
# Moves a destroyed agent's folder to where it can be restored from, and lets its name go. Can be run again.
set -u
umask 077
folder=$1 id=$2 name=$3
mkdir -p "$folder/destroyed" || exit 73
if [ -d "$folder/agents/$id" ]; then
    cd "$folder/agents/$id" || exit 66
    rm -f wanted claim
    now=$(date -u '+%s %Y-%m-%dT%H:%M:%SZ')
    printf '%s\n' "${now%% *}" >destroyed_at || exit 74
    printf '{"time": "%s", "source": "mngr", "type": "destroyed"}\n' "${now#* }" >>events.jsonl
    cd "$folder" || exit 66
    mv "agents/$id" "destroyed/$id" || exit 74
fi
holder=
read -r holder 2>/dev/null <"$folder/names/$name" || :
[ "$holder" != "$id" ] || rm -f "$folder/names/$name"
