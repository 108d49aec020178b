#!/bin/sh
# Fills a submodule of a workspace from the same submodule of its source, without a network.
#
#   submodule.sh look FOLDER PATH       of the submodule at PATH of the working tree FOLDER prints git's folder, the
#                                       commit that is checked out and the URL of its origin, NUL after each
#   submodule.sh fill SOURCE FOLDER PATH NAME COMMIT URL MARKER
#   submodule.sh fill-from-store STORE FOLDER PATH NAME COMMIT URL MARKER
#
# Exit 3: it is not filled. To fill one, it is cloned with all that SOURCE has, COMMIT is checked out, and URL becomes
# its origin (if it is empty, it has none). Nothing is done once MARKER is gone.
LC_ALL=C
export LC_ALL

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c protocol.ext.allow=never \
        -c submodule.recurse=false -c gc.auto=0 -c maintenance.auto=false -c advice.detachedHead=false "$@"
}

# is_inside FOLDER PATH: no symbolic link, which anybody may have made, leads out of the working tree.
is_inside() {
    at=$1 rest=$2
    while [ -n "$rest" ]; do
        at=$at/${rest%%/*}
        [ ! -L "$at" ] || return 1
        case $rest in
        */*) rest=${rest#*/} ;;
        *) rest= ;;
        esac
    done
}

look() {
    is_inside "$1" "$2" && [ -e "$1/$2/.git" ] || exit 3
    cd -- "$1/$2" || exit 1
    head=$(git rev-parse -q --verify 'HEAD^{commit}')
    git_dir=$(git rev-parse --path-format=absolute --git-common-dir) || exit 1
    printf '%s\0' "$git_dir" "$head" "$(git config --get remote.origin.url)"
}

clone() {
    set -- git clone -q --no-checkout --template= --dissociate --separate-git-dir="$git_dir"
    if ! said=$("$@" -- "$source" "$target" 2>&1); then
        case $said in
        *hardlink*) "$@" --no-hardlinks -- "$source" "$target" || return 1 ;; # see make.sh
        *)
            printf '%s\n' "$said" >&2
            return 1
            ;;
        esac
    fi
    if [ -n "$url" ]; then
        command git --git-dir="$git_dir" config remote.origin.url "$url"
    else
        command git --git-dir="$git_dir" config --remove-section remote.origin
    fi
}

# As make.sh does.
copy_large_files() {
    objects=$(git -C "$source" rev-parse --path-format=absolute --git-common-dir)/lfs/objects
    [ -d "$objects" ] || return 0
    mkdir -p -- "$git_dir/lfs" && cp -R -- "$objects" "$git_dir/lfs/" || return 1
    command git -C "$source" config --local --get-regexp '^filter\.lfs\.' | while read -r key setting; do
        command git --git-dir="$git_dir" config "$key" "$setting"
    done
}

# A clone's submodule is known to the clone; of a worktree, its repository knows it.
introduce() {
    common=$(git -C "$folder" rev-parse --path-format=absolute --git-common-dir) || return 1
    [ -n "$url" ] && [ "$git_dir" = "$common/modules/$name" ] || return 0
    command git --git-dir="$common" config "submodule.$name.url" "$url"
}

# A shallow store is cloned by what its branches reach alone.
fetch_commit() {
    git --git-dir="$git_dir" cat-file -e "$commit^{commit}" 2>/dev/null ||
        git --git-dir="$git_dir" fetch -q --no-tags --update-shallow -- "$source" "refs/mngr/$commit"
}

fill() {
    exec 9<"$marker" || exit 1
    if command -v flock >/dev/null 2>&1; then flock -s 9; fi
    [ -e "$marker" ] || exit 1
    if ! is_inside "$folder" "$path"; then
        echo "$path is behind a symbolic link" >&2
        exit 1
    fi
    git_dir=$(git -C "$folder" rev-parse --absolute-git-dir)/modules/$name || exit 1
    mkdir -p -- "${git_dir%/*}" && clone && introduce || exit 1
}

verb=$1
shift
if [ "$verb" = look ]; then
    look "$@"
    exit
fi
source=$1 folder=$2 path=$3 name=$4 commit=$5 url=$6 marker=$7
target=$folder/$path
fill
if [ "$verb" = fill-from-store ]; then
    fetch_commit || exit 1
    set -- -c filter.lfs.process= -c filter.lfs.smudge= -c filter.lfs.required=false # see make.sh
else
    copy_large_files || exit 1
    set --
fi
git -C "$target" "$@" checkout -q --detach "$commit" --
