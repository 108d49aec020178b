#!/bin/sh
# Takes back a workspace that mngr made.
#
#   remove.sh FOLDER MARKER REPOSITORY BRANCH COMMIT half-made|whole
#
# REPOSITORY (git's common folder) is empty if FOLDER is no worktree of one; BRANCH is empty if there is none to remove;
# it goes only if it is at COMMIT. Of a workspace without MARKER, which is whole, `half-made` changes nothing and
# prints "whole". Waits for whatever still works on it.
LC_ALL=C
export LC_ALL
folder=$1 marker=$2 repository=$3 branch=$4 commit=$5 which=$6

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 \
        -c core.filesRefLockTimeout=30000 -c core.packedRefsTimeout=30000 --git-dir="$repository" "$@"
}

have_flock() {
    command -v flock >/dev/null 2>&1
}

# Sets $admin to where git keeps the state of the worktree, or to nothing.
find_admin() {
    parent=$(cd -P -- "${folder%/*}" 2>/dev/null && pwd -P)
    for admin in "$repository"/worktrees/*; do
        gitdir=
        { IFS= read -r gitdir <"$admin/gitdir"; } 2>/dev/null
        case $gitdir in
        "$folder/.git" | "$parent/${folder##*/}/.git") return ;;
        esac
    done
    admin=
}

remove_branch() {
    # shellcheck disable=SC2046 # two words: a commit, and where it is checked out
    set -- $(git for-each-ref --format='%(objectname) %(worktreepath)' "refs/heads/$branch")
    if [ "$#" -eq 1 ] && [ "$1" = "$commit" ]; then
        git update-ref -d "refs/heads/$branch" "$commit"
    fi
}

[ -n "$folder" ] || exit 2
admin=
[ -z "$repository" ] || find_admin
if [ ! -e "$marker" ]; then
    [ -e "$folder" ] || [ -n "$admin" ] || exit 0
    if [ "$which" = half-made ]; then
        echo whole
        exit 0
    fi
    [ -d "${marker%/*}" ] || (umask 077 && mkdir -p -- "${marker%/*}") || exit 1
    : >"$marker" || exit 1
fi
exec 9<"$marker" || exit 1
if have_flock && ! flock -x -w 60 9; then
    echo "another process still works on $folder" >&2
    exit 1
fi
rm -rf -- "$folder" 2>/dev/null || { chmod -R u+rwx -- "$folder" && rm -rf -- "$folder"; } || exit 1
if [ -d "$repository" ]; then
    exec 8<"$repository" || exit 1
    if have_flock; then flock 8; fi
    find_admin
    if [ -n "$admin" ]; then
        rm -rf -- "$admin" || exit 1
        rmdir -- "$repository/worktrees" 2>/dev/null
    fi
    if [ -n "$branch" ]; then
        # Whatever was at work on this workspace has gone: what it was killed in the middle of holds no lock any more.
        case $branch in
        *..* | /*) ;;
        *) rm -f -- "$repository/refs/heads/$branch.lock" ;;
        esac
        remove_branch || exit 1
    fi
fi
rm -f -- "$marker"
