#!/bin/sh
# Puts a workspace away, brings it back, or lets go of it. Every step can be done again after an interruption, and
# no step gives up one place of a file before it is whole in the next.
#
#   vault.sh put FOLDER KEPT REPOSITORY ID BRANCH WHEN COMMIT
#   vault.sh back FOLDER KEPT REPOSITORY ID
#   vault.sh forget REPOSITORY ID
#
# FOLDER is the workspace; KEPT gets `workspace`, `git-admin` (git's own state of a worktree) and `git-vault` (what it
# takes to bring them back). REPOSITORY is git's common folder, empty if FOLDER is no worktree.
# BRANCH goes if WHEN is "always", or if it is "unused" and BRANCH is still at COMMIT.
LC_ALL=C
export LC_ALL
tab=$(printf '\t')

options='--no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0
    -c maintenance.auto=false -c core.filesRefLockTimeout=30000 -c core.packedRefsTimeout=30000'

# shellcheck disable=SC2086 # words
git() {
    command git $options "$@"
}

# In a session of its own: what kills all of our process group would leave git's locks on refs in the repository.
# shellcheck disable=SC2086 # words
update_ref() {
    if command -v setsid >/dev/null 2>&1; then
        setsid git $options --git-dir="$repository" update-ref "$@"
    else
        git --git-dir="$repository" update-ref "$@"
    fi
}

fail() {
    echo "$1" >&2
    exit 1
}

lock() {
    if command -v flock >/dev/null 2>&1; then flock -w 60 "$1" || fail "another process still works on this workspace"; fi
}

# move FROM TO PART: PART is beside TO, on the same file system. A rename where that is possible; else a copy, that takes
# FROM's place only when it is whole. What is left of an interrupted one is taken up again.
move() {
    if [ ! -e "$2.copied" ]; then
        [ ! -e "$2" ] || return 0
        if [ ! -e "$3" ]; then
            mv -- "$1" "$3" && mv -- "$3" "$2"
            return
        fi
        # Interrupted while `mv` copied, or while it removed what it had copied: together they are whole.
        if [ -e "$1" ]; then cp -a -- "$1/." "$3/" || return 1; fi
        : >"$2.copied" || return 1
    fi
    [ -e "$2" ] || mv -- "$3" "$2" || return 1
    remove_folder "$1" && rm -f -- "$2.copied"
}

remove_folder() {
    rm -rf -- "$1" 2>/dev/null || { chmod -R u+rwx -- "$1" && rm -rf -- "$1"; }
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

write() {
    cat >"$1.new" && mv -- "$1.new" "$1"
}

# All commits that the worktree's own state names: logs, heads of what is under way, its own refs.
named_commits() {
    find "$admin" -name modules -prune -o -type f ! -name 'index*' ! -name 'sharedindex*' \
        -exec grep -hoE '[0-9a-f]{40}([0-9a-f]{24})?' {} + 2>/dev/null | sort -u |
        git --git-dir="$repository" cat-file --batch-check='%(objecttype) %(objectname)' |
        sed -n 's/^commit /parent /p'
}

# A tree that holds all that the index holds, of whatever stage.
tree_of_index() {
    [ -f "$admin/index" ] || return 1
    cp -- "$admin/index" "$vault/index" || return 1
    if ! GIT_INDEX_FILE=$vault/index git --git-dir="$admin" write-tree 2>/dev/null; then
        rm -f -- "$vault/stages"
        GIT_INDEX_FILE=$vault/index git --git-dir="$admin" ls-files -s |
            sed -e "s/^\([0-9]* [0-9a-f]*\) \([0-3]\)$tab\"/\1$tab\"\2\//" \
                -e "s/^\([0-9]* [0-9a-f]*\) \([0-3]\)$tab/\1$tab\2\//" |
            GIT_INDEX_FILE=$vault/stages git --git-dir="$admin" update-index --index-info &&
            GIT_INDEX_FILE=$vault/stages git --git-dir="$admin" write-tree
        stages=$?
        rm -f -- "$vault/index" "$vault/stages"
        return "$stages"
    fi
    rm -f -- "$vault/index"
}

# One commit keeps everything alive: its tree is the index, its parents are all commits that are named.
keep_alive() {
    tree=$(tree_of_index) || tree=$(git --git-dir="$repository" mktree </dev/null) || return 1
    head=$(git --git-dir="$admin" rev-parse -q --verify 'HEAD^{commit}')
    tip=
    [ -z "$branch" ] || tip=$(git --git-dir="$repository" rev-parse -q --verify "refs/heads/$branch")
    # shellcheck disable=SC2086 # what is empty is no word
    kept=$(
        {
            printf 'tree %s\n' "$tree"
            { named_commits; printf 'parent %s\n' $head $tip; } | sed '/ $/d' | sort -u
            printf 'author mngr <> 0 +0000\ncommitter mngr <> 0 +0000\n\nWhat was destroyed with %s\n' "$id"
        } | git --git-dir="$repository" hash-object -t commit -w --stdin
    ) || return 1
    {
        printf 'update refs/mngr/destroyed/%s/kept %s\n' "$id" "$kept"
        if [ -n "$head" ]; then printf 'update refs/mngr/destroyed/%s/head %s\n' "$id" "$head"; fi
        if [ -n "$tip" ]; then printf 'update refs/mngr/destroyed/%s/branch %s\n' "$id" "$tip"; fi
    } | update_ref --stdin
}

# Where HEAD and the branch are, and the branch's log, for it may go.
note_branch() {
    ref=$(git --git-dir="$admin" symbolic-ref -q --short HEAD)
    printf '%s\n%s\n' "$ref" "$head" | write "$vault/head" || return 1
    [ -n "$branch" ] && [ -n "$tip" ] || return 0
    if [ -f "$repository/logs/refs/heads/$branch" ]; then
        write "$vault/branch-log" <"$repository/logs/refs/heads/$branch" || return 1
    fi
    printf '%s\n%s\n' "$branch" "$tip" | write "$vault/branch"
}

remove_branch() {
    [ -n "$branch" ] || return 0
    # shellcheck disable=SC2046 # two words: a commit, and where it is checked out
    set -- $(git --git-dir="$repository" for-each-ref --format='%(objectname) %(worktreepath)' "refs/heads/$branch")
    [ "$#" -eq 1 ] || return 0
    case $when in
    always) ;;
    unused) [ "$1" = "$commit" ] || return 0 ;;
    *) return 0 ;;
    esac
    update_ref -d "refs/heads/$branch" "$1"
}

put() {
    [ -d "$kept_in" ] || (umask 077 && mkdir -p -- "$kept_in") || exit 1
    exec 9<"$kept_in" && lock 9
    rm -f -- "$vault/restoring"
    if [ -d "$repository" ]; then
        mkdir -p -- "$vault" || exit 1
        exec 8<"$repository" && lock 8
        find_admin
        if [ -n "$admin" ]; then
            printf '%s\n' "${admin##*/}" | write "$vault/name" || exit 1
            { keep_alive && note_branch; } || fail "git cannot keep what $folder holds"
        elif [ -e "$vault/name" ] && [ ! -e "$kept_in/git-admin" ]; then
            IFS= read -r name <"$vault/name"
            admin=$repository/worktrees/$name
        fi
        [ -z "$admin" ] || move "$admin" "$kept_in/git-admin" "$kept_in/git-admin.part" || exit 1
        rmdir -- "$repository/worktrees" 2>/dev/null
        remove_branch || fail "the branch $branch could not be removed"
        exec 8<&-
    fi
    if [ -e "$folder" ] || [ -e "$kept_in/workspace.part" ] || [ -e "$kept_in/workspace.copied" ]; then
        move "$folder" "$kept_in/workspace" "$kept_in/workspace.part" || exit 1
    fi
}

# Sets $at to the commit of a branch (or to nothing), and $out to where it is checked out.
look_at() {
    at='' out=''
    # shellcheck disable=SC2046 # words: a commit, and where it is checked out
    set -- $(git --git-dir="$repository" for-each-ref --format='%(objectname) %(worktreepath)' "refs/heads/$1")
    [ "$#" -gt 0 ] || return 0
    at=$1
    shift
    out=$*
}

# The branch is made again if it is gone.
settle_branch() {
    [ -e "$vault/branch" ] || return 0
    { IFS= read -r branch && IFS= read -r tip; } <"$vault/branch" || return 1
    look_at "$branch"
    [ -z "$at" ] || return 0
    update_ref "refs/heads/$branch" "$tip" '' || return 1
    log=$repository/logs/refs/heads/$branch
    [ ! -f "$vault/branch-log" ] || { mkdir -p -- "${log%/*}" && cp -- "$vault/branch-log" "$log"; }
}

# Where the branch of HEAD is not what it was, the workspace comes back without it: at its commit, detached.
settle_head() {
    { IFS= read -r ref && IFS= read -r head; } <"$vault/head" || return 1
    [ -n "$ref" ] && [ -n "$head" ] || return 0
    look_at "$ref"
    if [ -z "$at" ]; then
        update_ref "refs/heads/$ref" "$head" ''
    elif [ -n "$out" ] || [ "$at" != "$head" ]; then
        echo "$ref is ${out:+checked out in }${out:-at another commit now}" | write "$vault/detached" || return 1
        printf '%s\n' "$head" | write "$kept_in/git-admin/HEAD"
    fi
}

free_name() {
    IFS= read -r name <"$vault/name" || return 1
    wanted=$name number=0
    while [ -e "$repository/worktrees/$name" ]; do
        number=$((number + 1))
        name=$wanted$number
    done
    printf '%s\n' "$name" | write "$vault/name"
}

# Every name of the old place of git's state, in the workspace and in its submodules, is set to the new one.
point_at() {
    if [ ! -e "$folder" ]; then # it was gone before it was put away
        : >"$vault/gone" && mkdir -p -- "$folder" || return 1
    fi
    old=$(sed -n 's/^gitdir: //p' "$folder/.git" 2>/dev/null)
    [ "$old" != "$2" ] || return 0
    find "$1/modules" -name index -type f 2>/dev/null | grep -q . &&
        find "$folder" -name .git -type f | while IFS= read -r file; do
            inner=$(sed -n 's/^gitdir: //p' "$file")
            case $inner in "$old"/*) printf 'gitdir: %s\n' "$2${inner#"$old"}" | write "$file" ;; esac
        done
    printf 'gitdir: %s\n' "$2" | write "$folder/.git"
}

# What is under way has a name of its own outside `worktrees`: git takes everything in there for a worktree.
back_in_repository() {
    exec 8<"$repository" && lock 8
    part=$repository/mngr-restoring-$id
    if [ -e "$kept_in/git-admin" ]; then
        { settle_branch && settle_head; } || fail "the branch could not be made again"
        if [ -e "$part" ]; then
            cp -a -- "$kept_in/git-admin/." "$part/" && remove_folder "$kept_in/git-admin" || exit 1
        else
            mv -- "$kept_in/git-admin" "$part" || exit 1
        fi
    fi
    if [ -e "$part" ]; then
        mkdir -p -- "$repository/worktrees" && free_name && point_at "$part" "$repository/worktrees/$name" &&
            mv -- "$part" "$repository/worktrees/$name" || exit 1
    fi
    exec 8<&-
    [ ! -e "$vault/gone" ] || fill_folder || fail "git could not write its files into $folder"
}

# What the index holds; files that an interrupted one began are written anew.
fill_folder() {
    git -C "$folder" checkout-index --quiet --all --force </dev/null
}

back() {
    exec 9<"$kept_in" || fail "$kept_in is gone"
    lock 9
    if [ -e "$folder" ] && [ ! -e "$vault" ] && [ ! -e "$kept_in/workspace" ]; then return 0; fi # it is back already
    if [ ! -e "$vault/restoring" ]; then
        if [ -e "$kept_in/workspace" ] && { [ -e "$folder" ] || [ -L "$folder" ]; }; then
            fail "the folder $folder exists"
        fi
        if [ -e "$vault/name" ] && [ ! -d "$repository" ]; then
            fail "the repository $repository is gone; the files are in $kept_in/workspace"
        fi
        mkdir -p -- "$vault" && : >"$vault/restoring" || exit 1
    fi
    [ -d "${folder%/*}" ] || (umask 077 && mkdir -p -- "${folder%/*}") || exit 1
    if [ -e "$kept_in/workspace" ] || [ -e "$folder.part-$id" ] || [ -e "$folder.copied" ]; then
        move "$kept_in/workspace" "$folder" "$folder.part-$id" || exit 1
    fi
    if [ -e "$vault/name" ]; then
        back_in_repository
        forget || exit 1
    fi
    [ ! -e "$vault/detached" ] || cat -- "$vault/detached"
    rm -rf -- "$vault"
}

forget() {
    [ -d "$repository" ] || return 0
    git --git-dir="$repository" for-each-ref --format='delete %(refname)' "refs/mngr/destroyed/$id/" |
        update_ref --stdin
}

what=$1
if [ "$what" = forget ]; then
    repository=$2 id=$3
    forget
    exit
fi
folder=$2 kept_in=$3 repository=$4 id=$5 branch=${6:-} when=${7:-} commit=${8:-}
vault=$kept_in/git-vault
"$what"
