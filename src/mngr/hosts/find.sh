# find.sh FOLDER WORD...
# Finds agents by name, id or the first digits of an id. For each found: a line `WORD ID`, then a line with its record.
# A word of which nothing is said is nobody's name.
set -u
export LC_ALL=C
folder=$1
shift
cd "$folder/agents" 2>/dev/null || exit 0

show() { # WORD ID [NAME]: say what the record says, unless it is of an agent that has another name by now
    line=
    # What is not a plain file is never opened: reading a pipe would never end.
    if [ -f "$2/record.json" ]; then
        read -r line 2>/dev/null <"$2/record.json" || :
    elif [ ! -e "$2/record.json" ] && [ ! -L "$2/record.json" ]; then
        return 0
    fi
    case $line in
    '{"version": 1, "id": "'"$2"'", "name": "'"${3:-}"*) ;;
    '{"version": 1, "id": "'"$2"'", "name": "'*) return 0 ;;
    esac
    printf '%s %s\n%s\n' "$1" "$2" "$line"
}

for word; do
    id=
    if [ -f "$folder/names/$word" ] && { read -r id 2>/dev/null <"$folder/names/$word" || [ -n "$id" ]; }; then
        show "$word" "$id" "$word\", "
    fi
    digits=${word#agent-}
    case $digits in
    *[!0-9a-f]* | ???????) continue ;;
    ????????*) ;;
    *) continue ;;
    esac
    for found in "agent-$digits"*; do
        [ -d "$found" ] && [ "$found" != "$id" ] && show "$word" "$found"
    done
done
exit 0
