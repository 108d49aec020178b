#!/bin/sh
# A repository without a working tree that takes what repositories on other hosts have, so that only what is missing
# needs to be sent. Deleting it loses nothing.
#
#   store.sh hold STORE COMMIT     makes it, locks it, says `ready HAS DIGEST` (whether it has the commit: 1 or 0), and
#                                  carries out orders until standard input ends; ends with 127 where there is no git
#   store.sh tell REPOSITORY       prints `DIGEST`, then its shallow commits, then `OBJECT REF` for each ref
#   store.sh known REPOSITORY      of the objects on standard input, prints those that it has, each after ^
set -u
umask 077
LC_ALL=C
export LC_ALL
command -v git >/dev/null 2>&1 || exit 127

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 "$@"
}

refs() {
    git --git-dir="$1" for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags refs/remotes
}

digest() {
    digest=$({
        cat -- "$1/shallow" 2>/dev/null
        refs "$1"
    } | cksum)
    digest=${digest% *}
}

make_store() {
    rm -rf -- "$store" "$store.new"
    case ${#commit} in
    64) format=--object-format=sha256 ;;
    *) format= ;;
    esac
    git init -q --bare --template= ${format:+"$format"} "$store.new" && git --git-dir="$store.new" config gc.auto 0 &&
        git --git-dir="$store.new" config core.logAllRefUpdates false && mv -- "$store.new" "$store"
}

# Orders a word on a line: `refs` prints the objects that refs name; `anew` empties it; `set` takes lines
# `shallow COMMIT` and `OBJECT REF` up to a line `.`, which become its refs. Each answer ends with `ok` or `failed`.
set_refs() {
    : >"$store/shallow.new" && : >"$store/wanted" || return 1
    while IFS= read -r line; do
        case $line in
        .) break ;;
        shallow\ *) printf '%s\n' "${line#shallow }" >>"$store/shallow.new" ;;
        *) printf '%s\n' "$line" >>"$store/wanted" ;;
        esac
    done
    [ "$line" = . ] || return 1
    if [ -s "$store/shallow.new" ]; then
        mv -- "$store/shallow.new" "$store/shallow"
    else
        rm -f -- "$store/shallow" "$store/shallow.new"
    fi
    # What is no longer there goes first: `a` may be in the way of `a/b`.
    refs "$store" | awk 'NR == FNR { wanted[$2] = 1; next } !($2 in wanted) { print "delete " $2 }' "$store/wanted" - |
        git --git-dir="$store" update-ref --stdin &&
        awk '{ print "update " $2 " " $1 }' "$store/wanted" | git --git-dir="$store" update-ref --stdin
}

hold() {
    trap '' INT HUP TERM
    [ -d "${store%/*}" ] || mkdir -p -- "${store%/*}" || exit 1
    exec 9>>"$store.lock" || exit 1
    if command -v flock >/dev/null 2>&1; then flock 9; fi
    git --git-dir="$store" rev-parse --git-dir >/dev/null 2>&1 || make_store || exit 1
    rm -f -- "$store"/objects/pack/tmp_* # what a full disk or a broken link left
    has=0
    ! git --git-dir="$store" cat-file -e "$commit^{commit}" 2>/dev/null || has=1
    digest "$store"
    echo "ready $has $digest"
    while IFS= read -r order; do
        case $order in
        refs) git --git-dir="$store" for-each-ref --format='%(objectname)' | sort -u && echo ok ;;
        anew) if make_store; then echo ok; else echo failed; fi ;;
        set) if set_refs; then echo ok; else echo failed; fi ;;
        esac
    done
    rm -f -- "$store"/objects/pack/tmp_*
}

store=$2 commit=${3-}
case $1 in
hold) hold ;;
tell)
    digest "$store"
    printf '%s\n' "$digest"
    if [ -e "$store/shallow" ]; then sed 's/^/shallow /' "$store/shallow"; fi
    refs "$store"
    ;;
known) git --git-dir="$store" cat-file --batch-check | sed -n 's/^\([0-9a-f]*\) [a-z]* [0-9]*$/^\1/p' ;;
esac
