# erase.sh FOLDER ID NAME
# Removes the folder of an agent that was never finished, and lets its name go.
set -u
folder=$1 id=$2 name=$3
holder=
read -r holder 2>/dev/null <"$folder/names/$name" || :
if [ "$holder" = "$id" ]; then
    rm -f "$folder/names/$name"
fi
case $id in
'' | .* | */*) ;;
*) rm -rf "$folder/agents/$id" ;;
esac
