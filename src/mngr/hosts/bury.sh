# bury.sh FOLDER ID NAME
# Moves a destroyed agent's folder to where it can be restored from, and lets its name go: NAME, and the one that its
# record has by now. Can be run again.
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
record=
read -r record 2>/dev/null <"$folder/destroyed/$id/record.json" || :
case $record in
'{"version": 1, "id": "'"$id"'", "name": "'*)
    record=${record#*'", "name": "'}
    record=${record%%'"'*}
    ;;
*) record=$name ;;
esac
for one in "$name" "$record"; do
    holder=
    read -r holder 2>/dev/null <"$folder/names/$one" || :
    [ "$holder" != "$id" ] || rm -f "$folder/names/$one"
done
