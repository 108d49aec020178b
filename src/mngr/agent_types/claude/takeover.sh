# Finds and copies conversations of Claude Code; what it is asked and answers: see hosts/takeover.py.
# Arguments: COMMAND PROGRAMS find|adopt|clone ...
set -u
umask 077
export LC_ALL=C
folder=${CLAUDE_CONFIG_DIR:-$HOME/.claude}
shift 2

find_sessions() { # SESSION
    for file in "$folder"/projects/*/"$1"*.jsonl; do
        [ -f "$file" ] || continue
        id=${file##*/}
        id=${id%.jsonl}
        printf 'found %s %s\n' "$id" "$file"
        tell_live "$id"
    done
}

tell_live() { # ID: say which process has it open; what a killed one left behind says nothing
    for entry in "$folder"/sessions/*.json; do
        grep -qs "\"sessionId\" *: *\"$1\"" "$entry" || continue
        pid=${entry##*/}
        pid=${pid%.json}
        kill -0 "$pid" 2>/dev/null || continue
        if [ -r "/proc/$pid/stat" ]; then
            began=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)
            grep -qs "\"procStart\" *: *\"$began\"" "$entry" || continue
        fi
        printf 'live %s %s\n' "$1" "$pid"
    done
}

copy() { # FILE NEW_FILE [SED_SCRIPT]: whole lines; a process may be writing the last one
    cp "$1" "$2.whole" || exit 74
    if [ -n "$(tail -c 1 "$2.whole")" ]; then
        sed "${3-};\$d" "$2.whole" >"$2" || exit 74
    else
        sed "${3-}" "$2.whole" >"$2" || exit 74
    fi
    rm -f "$2.whole"
}

bring() { # STATE WORKSPACE FILE NEW_ID: the conversation, its sub-agents', and what undoing needs
    old=${3##*/}
    old=${old%.jsonl}
    real=$(cd -- "$2" && pwd -P) || exit 66
    target=$1/claude/projects/$(printf '%s' "$real" | tr '\n' - | sed 's/[^A-Za-z0-9]/-/g' | cut -c 1-200)
    script=
    [ "$old" = "$4" ] || script="s/$old/$4/g"
    mkdir -p "$target" || exit 73
    copy "$3" "$target/$4.jsonl" "$script"
    if [ -d "${3%.jsonl}" ]; then
        cp -R "${3%.jsonl}" "$target/$4" || exit 74
        for one in "$target/$4"/subagents/*.jsonl; do
            [ ! -f "$one" ] || { copy "$one" "$one.new" "$script" && mv "$one.new" "$one"; }
        done
    fi
    history=${3%/projects/*}/file-history
    if [ -d "$history/$old" ]; then
        mkdir -p "$1/claude/file-history" && cp -R "$history/$old" "$1/claude/file-history/$4"
    fi
    printf '%s %s\n' "$4" "$target/$4.jsonl"
}

case $1 in
find) find_sessions "$2" ;;
adopt)
    id=${4##*/}
    bring "$2" "$3" "$4" "${id%.jsonl}"
    ;;
clone)
    id=$(tail -n 1 "$4/conversations" 2>/dev/null | cut -d ' ' -f 2)
    for file in "$4"/claude/projects/*/"${id:-none}.jsonl"; do
        [ -f "$file" ] || continue
        brought=$(bring "$2" "$3" "$file" "$5") || exit
        printf '%s %s\n' "$brought" "$id"
        break
    done
    ;;
esac
