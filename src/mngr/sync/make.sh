#!/bin/sh
# Makes a workspace, in a conversation: says what it sees, then carries out the orders it reads.
#
#   make.sh SOURCE TARGET MARKER BASE BRANCH
#
# SOURCE is empty for a URL, and BASE may be empty; all branches whose names begin with BRANCH are told. Orders are a word on a line, their arguments on the
# lines after it. Each answer ends with a line "ok", or with "failed" after the lines that say why.
#
# MARKER exists, and is locked, from before anything is made until the order `done`: a workspace whose marker is still
# there is half-made. When the orders end before one was given, nothing was made.
LC_ALL=C GIT_TERMINAL_PROMPT=0
export LC_ALL GIT_TERMINAL_PROMPT
trap : INT TERM HUP # what it runs is interrupted; it tidies up itself, at the end of its orders
source=$1 target=$2 marker=$3 base=$4 branch=$5
repository='' new='' start='' origin='' tracked='' user='' password='' skip='' also='' large='' # what orders say

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c protocol.ext.allow=never \
        -c submodule.recurse=false -c gc.auto=0 -c maintenance.auto=false -c core.filesRefLockTimeout=30000 \
        -c core.packedRefsTimeout=30000 -c advice.detachedHead=false -c fetch.recurseSubmodules=false "$@"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# real PATH: sets $real to the path without symbolic links; its last parts need not exist.
real() {
    real=${1%/} rest=
    while [ ! -d "${real:-/}" ]; do
        rest=/${real##*/}$rest
        real=${real%/*}
    done
    real=$(cd -P -- "${real:-/}" && pwd -P) || return 1
    real=${real%/}$rest
    [ -n "$real" ] || real=/
}

is_free() {
    [ -L "$target" ] && return 1
    [ ! -e "$target" ] || { [ -d "$target" ] && [ -z "$(ls -A -- "$target")" ]; }
}

hold_marker() {
    [ -d "${marker%/*}" ] || (umask 077 && mkdir -p -- "${marker%/*}") || exit 1
    exec 9>>"$marker" || exit 1
    if have flock; then flock -s 9; fi
    [ -e "$marker" ] || hold_marker # somebody tidied up just then
}

# Answers "failed" with what a command said, or "ok".
answer() {
    if "$@" </dev/null 3>&1 >/dev/null 2>&3 3>&-; then
        echo ok
    else
        echo failed
    fi
}

# One call says it all: git repeats a flag that it does not know, which parts the branches from what comes before.
see_repository() {
    exec 3>&1
    said=$(git -C "$source" rev-parse --path-format=absolute --is-bare-repository --is-inside-work-tree \
        --git-common-dir --show-cdup 'HEAD^{commit}' ${base:+"$base^{commit}"} --symbolic-full-name HEAD \
        ${base:+"$base"} --taken --glob="refs/heads/$branch*" 2>&1 >&3) || [ $? != 127 ] || echo no-git
    exec 3>&-
    if [ -n "$said" ]; then printf '%s\n' "$said" | sed 's/^/said /'; fi
    for name in .gitmodules .worktreeinclude; do
        if [ -f "$source/$name" ]; then echo "has $name"; fi
    done
}

see() {
    real "$target" && echo "target $real"
    is_free || echo "target-taken"
    if [ -z "$source" ]; then
        :
    elif [ ! -e "$source" ]; then
        echo "source-missing"
    elif [ ! -d "$source" ]; then
        echo "source-is-file"
    else
        real "$source" && source=$real && echo "source $source"
        see_repository
    fi
    echo ok
}

# Git checks the marks of all worktrees while others write theirs, and trips over half-written ones: one at a time.
lock_repository() {
    exec 8<"$repository" || return 1
    if have flock; then flock 8; fi
}

make_parent() {
    [ -d "${target%/*}" ] || (umask 077 && mkdir -p -- "${target%/*}")
}

# The same two steps that a plain `git worktree add` takes; files are written after the lock is gone.
make_worktree() {
    make_parent && lock_repository || return 1
    if [ -n "$new" ]; then
        git -C "$source" worktree add -q --no-checkout --no-track -b "$new" -- "$target" "$start" || return 1
    elif [ -n "$start" ]; then
        git -C "$source" worktree add -q --no-checkout -- "$target" "$start" || return 1
    fi
    exec 8<&-
    git -C "$target" reset --hard --no-recurse-submodules -q
}

# The large files that git-lfs keeps beside a repository come along.
copy_large_files() {
    if [ -n "$repository" ] && [ -d "$repository/lfs/objects" ]; then
        mkdir -p .git/lfs && cp -R -- "$repository/lfs/objects" .git/lfs/ || return 1
        command git -C "$source" config --local --get-regexp '^filter\.lfs\.' | while read -r key setting; do
            command git config "$key" "$setting"
        done
    fi
}

# The clone has the source's branches as its own, and `origin` is where the source's origin was.
make_clone() {
    make_parent && mkdir -p -- "$target" || return 1
    set -- git clone -q --bare --dissociate --template=
    if ! said=$("$@" -- "$source" "$target/.git" 2>&1); then
        case $said in
        *hardlink*) ;; # what is linked becomes another file where the source is in a layer below, as in a snapshot
        *)
            printf '%s\n' "$said" >&2
            return 1
            ;;
        esac
        rm -rf -- "$target/.git"
        "$@" --no-hardlinks -- "$source" "$target/.git" || return 1
    fi
    cd "$target" && copy_large_files || return 1
    command git config core.bare false && command git config core.logAllRefUpdates true || return 1
    if [ -z "$origin" ]; then
        command git config --remove-section remote.origin 2>/dev/null
        return 0
    fi
    command git config remote.origin.url "$origin" &&
        command git config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*' || return 1
    if [ -n "$tracked" ]; then
        git fetch -q --no-tags --update-shallow -- "$source" '+refs/remotes/origin/*:refs/remotes/origin/*' || return 1
    else
        git for-each-ref --format='update refs/remotes/origin/%(refname:strip=2) %(objectname)' refs/heads |
            git update-ref --stdin || return 1
    fi
}

# `later`: git-lfs, which might not be there, or fetch something, is left out.
check_out() {
    set -- -C "$target"
    [ -z "$large" ] || set -- "$@" -c filter.lfs.process= -c filter.lfs.smudge= -c filter.lfs.required=false
    if [ -n "$new" ]; then
        git "$@" checkout -q --no-track -b "$new" "$start" --
    else
        git "$@" checkout -q "$start" --
    fi
}

# A copy never follows symbolic links; the marks of the source's own worktrees stay behind, for git would take the
# copy for their home. Some files that cannot be read (23, 24) do not end it.
make_folder() {
    make_parent && mkdir -p -- "$target" || return 1
    if have rsync; then
        rsync -a --no-D --exclude=/.git/worktrees ${skip:+"--exclude=/$skip"} ${also:+"--exclude=/$also"} \
            -- "$source/" "$target/" >&2
        case $? in 0 | 23 | 24) return 0 ;; *) return 1 ;; esac
    fi
    cd -- "$source" || return 1
    # shellcheck disable=SC2016 # the inner shell expands it
    find . \( -path ./.git/worktrees ${skip:+-o -path "./$skip"} ${also:+-o -path "./$also"} \) -prune -o \
        \( -type f -o -type d -o -type l \) -print0 |
        xargs -0 sh -c 'target=$0; tar -cf - --no-recursion "$@" | tar -xpof - -C "$target"' "$target"
}

make_room() {
    make_parent && mkdir -p -- "$target"
}

# Credentials come on standard input and go on in the environment: never in a command line, never in a file.
use_credentials() {
    MNGR_URL_USER=$user MNGR_URL_PASSWORD=$password
    export MNGR_URL_USER MNGR_URL_PASSWORD
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.helper
    # shellcheck disable=SC2016 # git's own shell expands it
    export GIT_CONFIG_VALUE_0='!f() { printf "username=%s\npassword=%s\n" "$MNGR_URL_USER" "$MNGR_URL_PASSWORD"; }; f'
}

clone_facts() {
    git -C "$target" rev-parse HEAD --symbolic-full-name HEAD 2>/dev/null
    git -C "$target" for-each-ref --format='taken %(refname)' refs/heads
    if commit=$(git -C "$target" rev-parse -q --verify "$start^{commit}"); then echo "base $commit"; fi
    echo ok
}

read_lines() {
    for variable; do
        IFS= read -r "${variable?}" && continue
        [ -n "$begun" ] || rm -f -- "$marker" # an order that came cut is none
        exit 1
    done
    begun=yes
}

trap : PIPE # whoever talked to it has gone: what was not begun is still tidied up
hold_marker
see

begun=
while IFS= read -r order; do
    case $order in
    worktree)
        read_lines repository new start
        answer make_worktree
        ;;
    clone)
        read_lines source origin tracked repository user password
        [ -z "$user$password" ] || use_credentials
        answer make_clone
        ;;
    clone-facts)
        read_lines start
        clone_facts
        ;;
    check-out)
        read_lines new start large
        answer check_out
        ;;
    folder)
        read_lines skip also
        answer make_folder
        ;;
    room)
        begun=yes
        answer make_room
        ;;
    done)
        rm -f -- "$marker"
        echo ok
        exit 0
        ;;
    esac
done
[ -n "$begun" ] || rm -f -- "$marker"
