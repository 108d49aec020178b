# record.sh FOLDER ID sizes | FOLDER ID from [OFFSET PATH]... | FOLDER ID only WORDS [OFFSET PATH]...
# Shows an agent's own record of its conversations: those that `conversations` names, the oldest first, what sub-agents
# said beside them, and what the patterns in `record-files` name. `from` shows all beyond the offsets, `only` just whole
# lines that hold one of WORDS (a line each). Paths within the agent's folder are relative to it. Prints
#   at agents|destroyed          where the agent is
#   conversation ID              each conversation, in order
#   size SIZE PATH               a file (`sizes`)
#   file SIZE OFFSET PATH        its bytes from OFFSET to SIZE follow, and a newline (`from`)
#   lines END OFFSET PATH        such lines from OFFSET to END follow, then a line with a dot (`only`)
#   cursor CURSOR                where a record that is no file ends, as the agent's `read-record` says (`sizes`)
#   rows SIZE CURSOR             what `read-record` says beyond a cursor: the next cursor, then rows (`from`, `only`)
#   end, or gone
set -u
export LC_ALL=C
id=$2 mode=$3 words=
newline='
'
place=
# A destroy, or a restore, may move the folder while we look.
for place in agents destroyed agents gone; do
    cd "$1/$place/$id" 2>/dev/null && break
done
if [ "$place" = gone ]; then
    echo gone
    exit 66
fi
shift 3
if [ "$mode" = only ]; then
    words=$1
    shift
fi

offset_of() { # PATH [OFFSET PATH]...: leaves in `offset` where to go on
    path=$1 offset=0
    shift
    while [ $# -ge 2 ]; do
        if [ "$2" = "$path" ]; then
            offset=$1
            return
        fi
        shift 2
    done
}

show() { # PATH [OFFSET PATH]...: one file of the record, once
    case $1 in
    *"$newline"*) return ;;
    esac
    [ -f "$1" ] || return
    case $shown in
    *"$newline$1$newline"*) return ;;
    esac
    shown=$shown$1$newline
    { size=$(($(wc -c <"$1"))); } 2>/dev/null || return
    if [ "$mode" = sizes ]; then
        echo "size $size $1"
        return
    fi
    offset_of "$@"
    [ "$size" -ge "$offset" ] || offset=0 # it was written anew
    [ "$size" -gt "$offset" ] || return
    if [ "$mode" = from ]; then
        echo "file $size $offset $1"
        part "$1"
        echo
    else
        [ -z "$(tail -c "+$size" <"$1" | head -c 1)" ] || size=$((size - $(part "$1" | tail -n 1 | wc -c)))
        [ "$size" -gt "$offset" ] || return
        echo "lines $size $offset $1"
        part "$1" | tr -d '\0' | grep -F -e "$words"
        echo .
    fi
}

part() { # PATH: its bytes from `offset` to `size`; filled up where it shrinks meanwhile, so that they are so many
    { { tail -c "+$((offset + 1))" <"$1" && cat /dev/zero; } | head -c $((size - offset)); } 2>/dev/null
}

shown=$newline
known=$newline
echo "at $place"
if [ -f conversations ]; then
    while read -r _ conversation _; do
        case $known in
        *"$newline$conversation$newline"*) continue ;;
        esac
        known=$known$conversation$newline
        echo "conversation $conversation"
    done <conversations
    while read -r _ _ path; do
        # An agent's folder can be moved: to be destroyed, or to another host.
        case $path in
        */"$id"/*) [ ! -f "${path##*/"$id"/}" ] || path=${path##*/"$id"/} ;;
        esac
        [ -n "$path" ] || continue
        show "$path" "$@"
        for file in "${path%.jsonl}"/subagents/*.jsonl; do
            show "$file" "$@"
        done
    done <conversations
fi
if [ -f record-files ]; then
    while read -r pattern; do
        # shellcheck disable=SC2086  # it is a pattern
        for file in $pattern; do
            show "$file" "$@"
        done
    done <record-files
fi
if [ -f read-record ]; then
    offset_of rows "$@"
    how=$mode
    [ "$how" = sizes ] || how=from
    rows=$(MNGR_AGENT_STATE_DIR=$PWD sh ./read-record "$how" "$offset" </dev/null && echo .)
    rows=${rows%.}
    if [ "$mode" = sizes ]; then
        echo "cursor ${rows%%"$newline"*}"
    else
        printf 'rows %s %s\n%s\n' "${#rows}" "$offset" "$rows"
    fi
fi
echo end
