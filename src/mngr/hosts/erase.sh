# erase.sh FOLDER ID NAME
# Removes the folder of an agent that was never finished, and lets its name and its ports go.
set -u
export LC_ALL=C
folder=$1 id=$2 name=$3
holder=
read -r holder 2>/dev/null <"$folder/names/$name" || :
if [ "$holder" = "$id" ]; then
    rm -f "$folder/names/$name"
fi
case $id in
'' | .* | */*) ;;
*)
    for block in $(cd "$folder/ports" 2>/dev/null && grep -lx -- "$id" [0-9]* 2>/dev/null); do
        rm -f "$folder/ports/$block"
    done
    rm -rf "$folder/agents/$id"
    ;;
esac
