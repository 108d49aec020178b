#!/bin/sh
# Brings the large files that git-lfs keeps beside a repository to a store on another host, and from there to a workspace.
#
#   large_files.sh list REPOSITORY [COMMIT]   prints the SHA-256 of each that it has (COMMIT: of those that it names)
#   large_files.sh missing STORE              of those on standard input, prints the ones that are not there
#   large_files.sh take STORE                 takes those that are in an archive on standard input, and are what their
#                                             names say
#   large_files.sh fill FOLDER STORE MARKER   puts them in place of the pointers of a clone; nothing is fetched. Says
#                                             `pointers COUNT` if some stay, or where there is no git-lfs
#                                             `no-git-lfs COUNT LACKING` (of how many pointers there is no large file)
#
# Nothing is filled once MARKER is gone.
LC_ALL=C
export LC_ALL

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c protocol.ext.allow=never \
        -c gc.auto=0 -c maintenance.auto=false "$@"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

names() {
    cd -- "$1/lfs/objects" 2>/dev/null || return 0
    find . -type f | sed -n 's|^\./\(..\)/\(..\)/\(\1\2[0-9a-f]\{60\}\)$|\3|p'
}

# The large files that pointers of a commit name: named_by REPOSITORY COMMIT.
named_by() {
    git --git-dir="$1" grep -hI --all-match -e '^version https://git-lfs.github.com/spec/v1$' -e '^oid sha256:' "$2" -- |
        sed -n 's/^oid sha256:\([0-9a-f]\{64\}\)$/\1/p'
}

list() {
    if [ -z "$2" ]; then
        names "$1"
    elif [ -d "$1/lfs/objects" ]; then
        { named_by "$1" "$2" && echo && names "$1"; } | awk '/^$/ { rest = 1 } !rest { named[$0] = 1 } rest && $0 in named'
    fi
}

# Sets $place to where a large file is, in the folder of all.
place() {
    rest=${1#??}
    place=${1%"$rest"}/${rest%"${rest#??}"}/$1
}

missing() {
    while IFS= read -r name; do
        place "$name"
        [ -f "$1/lfs/objects/$place" ] || printf '%s\n' "$name"
    done
}

sums() {
    if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# What had come when a link broke is kept: it is whole, or is not what its name says.
take() {
    store=$1 new=$1/lfs/new
    umask 077
    rm -rf -- "$new" && mkdir -p -- "$new" && cd -- "$new" || exit 1
    trap 'rm -rf -- "$new"' EXIT
    tar -xof -
    code=$?
    find . -type f | sed -n 's|^\./\(..\)/\(..\)/\(\1\2[0-9a-f]\{60\}\)$|\3|p' | while IFS= read -r name; do
        place "$name"
        sum=$(sums "$place") || exit 1
        [ "${sum%% *}" = "$name" ] || continue
        chmod 400 "$place" && mkdir -p -- "$store/lfs/objects/${place%/*}" &&
            mv -f -- "$place" "$store/lfs/objects/$place" || exit 1
    done && return "$code"
}

# The filter is git-lfs's own; none that a repository or another host names is ever run.
set_up_filter() {
    [ -n "$(git config --get filter.lfs.process)" ] || {
        git config filter.lfs.clean 'git-lfs clean -- %f' && git config filter.lfs.smudge 'git-lfs smudge -- %f' &&
            git config filter.lfs.process 'git-lfs filter-process' && git config filter.lfs.required true
    }
}

# Where a filter is set up and git-lfs is not there, git could not even tell what has changed.
leave_out_filter() {
    [ -n "$(git config --get filter.lfs.process)" ] || return 0
    git config filter.lfs.process '' && git config filter.lfs.clean '' && git config filter.lfs.smudge '' &&
        git config filter.lfs.required false
}

count_without_git_lfs() {
    named_by "$git_dir" HEAD | {
        count=0 lacking=0
        while IFS= read -r name; do
            place "$name"
            count=$((count + 1))
            [ -f "$git_dir/lfs/objects/$place" ] || lacking=$((lacking + 1))
        done
        [ "$count" = 0 ] || echo "no-git-lfs $count $lacking"
    }
}

fill() {
    exec 9<"$3" || exit 1
    if have flock; then flock -s 9; fi
    [ -e "$3" ] || exit 1
    cd -- "$1" || exit 1
    git grep -q -F filter=lfs HEAD -- '*.gitattributes' || return 0
    git_dir=$(git rev-parse --absolute-git-dir) || exit 1
    if [ -d "$2/lfs/objects" ]; then
        mkdir -p -- "$git_dir/lfs" || exit 1
        cp -Rl -- "$2/lfs/objects" "$git_dir/lfs/" 2>/dev/null || cp -R -- "$2/lfs/objects" "$git_dir/lfs/" || exit 1
    fi
    if ! have git-lfs; then
        leave_out_filter && count_without_git_lfs
        return
    fi
    set_up_filter && git lfs checkout >/dev/null || exit 1
    count=$(git lfs ls-files | grep -c '^[0-9a-f]* - ')
    [ "$count" = 0 ] || echo "pointers $count"
}

verb=$1
shift
"$verb" "$@"
