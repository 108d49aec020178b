# Finds and copies conversations of Codex; what it is asked and answers: see hosts/takeover.py.
# Arguments: COMMAND PROGRAMS find|adopt|clone ...
set -u
umask 077
export LC_ALL=C
folder=${CODEX_HOME:-$HOME/.codex}
shift 2

rollouts() { # FOLDER [ID]: the files of conversations that begin with these letters
    find "$1/sessions" "$1/archived_sessions" -type f -name "rollout-*-${2-}*.jsonl" 2>/dev/null
}

id_of() { # FILE: the UUID at the end of its name
    name=${1##*/}
    name=${name%.jsonl}
    printf '%s' "${name#"${name%????????-????-????-????-????????????}"}"
}

find_sessions() { # SESSION
    rollouts "$folder" "$1" | while IFS= read -r file; do
        id=$(id_of "$file")
        case $id in "$1"*) ;; *) continue ;; esac
        printf 'found %s %s\n' "$id" "$file"
        # shellcheck disable=SC2012  # links, whatever their names
        ls -l /proc/[0-9]*/fd 2>/dev/null | FILE=$file ID=$id awk '
            /^\/proc\// { split($0, part, "/"); pid = part[3] }
            index($0, "-> " ENVIRON["FILE"]) { print "live", ENVIRON["ID"], pid; exit }'
    done
}

copy() { # FILE NEW_FILE [SED_SCRIPT]: whole lines; a process may be writing the last one
    mkdir -p "${2%/*}" || exit 73
    cp "$1" "$2.whole" || exit 74
    if [ -n "$(tail -c 1 "$2.whole")" ]; then
        sed "${3-};\$d" "$2.whole" >"$2" || exit 74
    else
        sed "${3-}" "$2.whole" >"$2" || exit 74
    fi
    rm -f "$2.whole"
}

bring_parents() { # HOME STATE FILE: a fork holds its own lines alone, and needs the conversations it began from
    parent=$(head -n 1 "$3" | sed -n 's/.*"forked_from_id" *: *"\([0-9a-f-]*\)".*/\1/p')
    [ -n "$parent" ] || return 0
    file=$(rollouts "$1" "$parent" | head -n 1)
    [ -n "$file" ] || return 0
    target=$2/codex/${file#"$1"/}
    [ ! -e "$target" ] || return 0
    copy "$file" "$target"
    bring_parents "$1" "$2" "$file"
}

bring() { # HOME STATE FILE NEW_ID
    old=$(id_of "$3")
    target=$2/codex/sessions/${3#"$1"/*sessions/}
    script=
    if [ "$old" != "$4" ]; then
        target=${target%"$old.jsonl"}$4.jsonl
        script="s/$old/$4/g"
    fi
    copy "$3" "$target" "$script"
    (bring_parents "$1" "$2" "$3") || exit
    printf '%s %s\n' "$4" "$target"
}

case $1 in
find) find_sessions "$2" ;;
adopt) bring "$folder" "$2" "$4" "$(id_of "$4")" ;;
clone)
    id=$(tail -n 1 "$4/conversations" 2>/dev/null | cut -d ' ' -f 2)
    file=$(rollouts "$4/codex" "${id:-none}" | head -n 1)
    if [ -n "$file" ]; then
        brought=$(bring "$4/codex" "$2" "$file" "$5") || exit
        printf '%s %s\n' "$brought" "$id"
    fi
    ;;
esac
