#!/bin/sh
# Finds work that exists nowhere else.
#
#   risk.sh worktree FOLDER REPOSITORY BRANCH   commits of a worktree that no ref keeps (refs of BRANCH, if any, do not
#                                               count), "operation NAME" for what is under way
#   risk.sh clone FOLDER SOURCE                 commits of a clone that no remote and no ref of SOURCE keeps, nor one of
#                                               the commits on standard input; "hash HASH" after each
#   risk.sh tips FOLDER                         what keeps commits in a repository: where its refs and its HEAD are
#   risk.sh kept FOLDER                         of the commits on standard input, those that such a one keeps
#   risk.sh differing FOLDER OTHER              of the paths on standard input, those that differ; NUL after each
#   risk.sh files FOLDER OTHER                  all files that differ, one a line
#
# Commits are lines "commit HASH SUBJECT", at most 1000. "absent" says that FOLDER is not there, "submodules" that it may
# have some.
LC_ALL=C
export LC_ALL
folder=$2 other=$3 repository=$3 branch=${4:-}

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false "$@"
}

list() {
    git rev-list --max-count=1000 --no-commit-header --format='commit %h %s' "$@"
}

operations() {
    for name in MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD rebase-merge rebase-apply BISECT_LOG; do
        if [ -e "$1/$name" ]; then echo "operation $name"; fi
    done
}

# Sets $git_dir to where git keeps the state of the worktree, also if its folder is gone.
find_git_dir() {
    git_dir=
    if [ -e "$folder/.git" ]; then
        { IFS= read -r git_dir <"$folder/.git"; } 2>/dev/null
        git_dir=${git_dir#gitdir: }
        return
    fi
    echo absent
    parent=$(cd -P -- "${folder%/*}" 2>/dev/null && pwd -P)
    for candidate in "$repository"/worktrees/*; do
        gitdir=
        { IFS= read -r gitdir <"$candidate/gitdir"; } 2>/dev/null
        case $gitdir in "$folder/.git" | "$parent/${folder##*/}/.git") git_dir=$candidate ;; esac
    done
}

# The refs that only this worktree has, and those of mngr, do not keep a commit for long.
of_worktree() {
    find_git_dir
    [ -d "$git_dir" ] || return 0
    operations "$git_dir"
    if [ -f "$folder/.gitmodules" ]; then echo "submodules"; fi
    GIT_DIR=$git_dir
    export GIT_DIR
    set -- --not --exclude='refs/mngr/*' --exclude='refs/bisect/*' --exclude='refs/worktree/*' \
        --exclude='refs/rewritten/*' ${branch:+"--exclude=refs/heads/$branch"} --glob='refs/*'
    if [ -n "$branch" ] && git show-ref --verify --quiet "refs/heads/$branch"; then
        set -- "refs/heads/$branch" "$@"
    fi
    if list HEAD "$@" 2>/dev/null; then return; fi
    if git rev-parse -q --verify HEAD >/dev/null; then
        list HEAD "$@"
    elif [ "$1" != --not ]; then
        list "$@"
    fi
}

# What the source has under any ref, or under its HEAD, is safe there.
of_clone() {
    if [ ! -e "$folder/.git" ]; then
        echo absent
        return
    fi
    cd -- "$folder" || exit 1
    if [ -f .gitmodules ]; then echo "submodules"; fi
    git_dir=$(git rev-parse --git-dir)
    operations "$git_dir"
    head=$(git rev-parse -q --verify HEAD)
    # shellcheck disable=SC2046 # a word for each stash
    set -- --branches --tags ${head:+"$head"} $(git rev-list -g refs/stash -- 2>/dev/null) --not --remotes
    new=$({
        cat # first: it is waited for
        tips "${other:-/nonexistent}"
    } 2>/dev/null | those_here | git rev-list --max-count=1000 "$@" --stdin) || exit 1
    [ -n "$new" ] || return 0
    kept=$(printf '%s\n' "$new" | in_source)
    printf '%s\n' "$new" | while read -r commit; do
        case "
$kept
" in
        *"
$commit
"*) ;;
        *) git rev-list --max-count=1 --no-commit-header --format='commit %h %s%nhash %H' "$commit" ;;
        esac
    done
}

# What mngr itself keeps for a while does not count.
tips() {
    git -C "$1" for-each-ref --format='%(refname) %(objectname)' | sed -e '/^refs\/mngr\//d' -e 's/.* //'
    git -C "$1" rev-parse -q --verify HEAD
}

# Of the tips of the source, those that are here, as what a list of commits leaves out.
those_here() {
    git cat-file --batch-check='%(objectname) %(objecttype)' 2>/dev/null |
        sed -n -e 's/ commit$//p' -e 's/ tag$//p' | sed 's/.*/^&/'
}

# Of commits, those that refs of the source reach.
in_source() {
    [ -n "$other" ] && [ -d "$other" ] || return 0
    there=$(git -C "$other" cat-file --batch-check='%(objectname) %(objecttype)' 2>/dev/null |
        sed -n 's/ commit$//p')
    [ -n "$there" ] || return 0
    # shellcheck disable=SC2086 # a word for each commit
    lost=$(git -C "$other" rev-list $there --not --exclude='refs/mngr/*' --glob='refs/*' HEAD 2>/dev/null)
    printf '%s\n' "$there" | while read -r commit; do
        case "
$lost
" in
        *"
$commit
"*) ;;
        *) echo "$commit" ;;
        esac
    done
}

case $1 in
worktree) of_worktree ;;
clone) of_clone ;;
tips) tips "$folder" 2>/dev/null ;;
kept)
    other=$folder
    in_source
    ;;
differing)
    cd -- "$folder" || exit 1
    # shellcheck disable=SC2016 # the inner shell expands it
    exec xargs -0 sh -c '
        for path; do
            one=$path two=$0/$path
            if [ -L "$one" ] || [ -L "$two" ]; then
                [ -L "$one" ] && [ -L "$two" ] && [ "$(readlink "$one"; echo .)" = "$(readlink "$two"; echo .)" ] && continue
            elif [ -f "$one" ] && [ -f "$two" ]; then
                if [ -x "$one" ]; then [ -x "$two" ]; else [ ! -x "$two" ]; fi && cmp -s "$one" "$two" && continue
            elif [ ! -e "$one" ] && [ ! -e "$two" ]; then
                continue
            fi
            printf "%s\0" "$path"
        done' "$other"
    ;;
files)
    [ -d "$folder" ] || exit 0
    [ -d "$other" ] || { echo "$other"; exit 0; }
    if command -v rsync >/dev/null 2>&1; then
        exec rsync -rlcn --executability --no-D --out-format='%n' --exclude=/.git -- "$folder/" "$other/"
    fi
    diff -rq --no-dereference -- "$folder" "$other" | grep -v "^Only in $other"
    ;;
esac
