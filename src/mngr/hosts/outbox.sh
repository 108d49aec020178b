# outbox.sh FOLDER show [ID...] | FOLDER note ID | FOLDER add ID MESSAGE | FOLDER hold ID MESSAGE SIZE
# The messages to an agent and what became of them: agents/ID/outbox.jsonl, only ever added to.
#   show   `box ID SIZE`, then the whole of it and a newline, for each agent (all when none is named)
#   note   adds the lines on standard input
#   add    adds the line on standard input, unless the message is there already: then prints its lines
#   hold   (under the lock of those who deliver) likewise adds a line of SIZE bytes, if SIZE is not 0; prints `open SIZE`
#          and the lines of all messages that have no end yet, and of this one; then adds each line that it reads
set -u
umask 077
export LC_ALL=C
folder=$1 mode=$2
shift 2

add_line() { # from standard input, in one piece, whatever came before it
    [ -z "$(tail -c 1 "$box" 2>/dev/null)" ] || echo >>"$box"
    dd ibs=65536 obs=16777216 2>/dev/null >>"$box"
}

known() { # the lines of the message
    grep -F "{\"id\": \"$message\"," "$box" 2>/dev/null
}

# The message's own lines, and those of every message whose last line is not its end.
open_lines() {
    awk -v wanted="{\"id\": \"$message\"" '
        {
            end = index($0, ",")
            id = substr($0, 1, end - 1)
        }
        NR == FNR {
            if (match($0, /", "state": "[a-z]*"/) && RSTART < 200) {
                state = substr($0, RSTART + 13, RLENGTH - 14)
                open[id] = state == "queued" || (state == "typed" && substr($0, RSTART + RLENGTH, 10) == ", \"typed\":") ||
                    (state == "accepted" && index($0, "\"why\": \"it waits in the program "))
            }
            next
        }
        open[id] || id == wanted
    ' "$box" "$box" 2>/dev/null
}

case $mode in
show)
    [ $# -gt 0 ] || for one in "$folder"/agents/*/outbox.jsonl; do
        one=${one%/outbox.jsonl}
        set -- "$@" "${one##*/}"
    done
    for id in "$@"; do
        box=$folder/agents/$id/outbox.jsonl
        [ -f "$box" ] || continue
        size=$(($(wc -c <"$box")))
        echo "box $id $size"
        head -c "$size" "$box"
        echo
    done
    ;;
note)
    box=$folder/agents/$1/outbox.jsonl
    [ ! -f "$box" ] || add_line
    ;;
add)
    box=$folder/agents/$1/outbox.jsonl message=$2
    [ -d "${box%/*}" ] || exit 76
    known || add_line || exit 74
    ;;
hold)
    box=$folder/agents/$1/outbox.jsonl message=$2 size=$3
    if [ "$size" != 0 ] && ! known >/dev/null; then
        head -c "$size" | add_line || exit 74
    elif [ "$size" != 0 ]; then
        head -c "$size" >/dev/null
    fi
    lines=$(open_lines && echo .)
    lines=${lines%.}
    printf 'open %s\n%s\n' "${#lines}" "$lines"
    while IFS= read -r line; do
        printf '%s\n' "$line" | add_line && echo noted || echo failed
    done
    ;;
esac
