# record.sh FOLDER ID sizes | FOLDER ID from [OFFSET PATH]...
# Shows an agent's own record of its conversations: those that `conversations` names, the oldest first, what sub-agents
# said beside them, and what the patterns in `record-files` name. Prints
#   conversation ID              each conversation, in order
#   file SIZE OFFSET PATH        then the bytes of the file from OFFSET to SIZE and a newline (none with `sizes`)
#   rows SIZE CURSOR             likewise what the agent's `read-record` says, where the record is no file: the cursor to
#                                go on from, then rows (no rows with `sizes`)
#   end
set -u
export LC_ALL=C
agent=$1/agents/$2
[ -d "$agent" ] || agent=$1/destroyed/$2
mode=$3
shift 3
cd "$agent" 2>/dev/null || exit 66

offset_of() { # PATH [OFFSET PATH]...: where to go on
    path=$1
    shift
    while [ $# -ge 2 ]; do
        if [ "$2" = "$path" ]; then
            echo "$1"
            return
        fi
        shift 2
    done
    echo 0
}

files() { # every file of the record, each once
    if [ -f conversations ]; then
        while read -r _ _ path; do
            [ -n "$path" ] || continue
            echo "$path"
            for file in "${path%.jsonl}"/subagents/*.jsonl; do
                echo "$file"
            done
        done <conversations
    fi
    if [ -f record-files ]; then
        while read -r pattern; do
            # shellcheck disable=SC2086  # it is a pattern
            for file in $pattern; do
                echo "$agent/$file"
            done
        done <record-files
    fi
}

[ ! -f conversations ] || cut -d ' ' -f 2 conversations | awk '!seen[$0]++ { print "conversation " $0 }'
files | awk '!seen[$0]++' | while IFS= read -r file; do
    [ -f "$file" ] || continue
    size=$(($(wc -c <"$file")))
    if [ "$mode" = sizes ]; then
        echo "file $size 0 $file"
        continue
    fi
    offset=$(offset_of "$file" "$@")
    [ "$size" -ge "$offset" ] || offset=0 # it was written anew
    [ "$size" -gt "$offset" ] || continue
    echo "file $size $offset $file"
    tail -c "+$((offset + 1))" "$file" | head -c $((size - offset))
    echo
done
if [ -f read-record ]; then
    cursor=$(offset_of rows "$@")
    rows=$(MNGR_AGENT_STATE_DIR=$agent sh ./read-record "$mode" "$cursor" && echo .)
    rows=${rows%.}
    printf 'rows %s %s\n%s\n' "${#rows}" "$cursor" "$rows"
fi
echo end
