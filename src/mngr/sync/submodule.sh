#!/bin/sh
# Fills a submodule of a workspace from the same submodule of its source, without a network.
#
#   submodule.sh SOURCE TARGET GIT_DIR COMMIT MARKER     COMMIT "" is the one that SOURCE has checked out
#
# Exit 3: SOURCE is not filled either. Nothing is done once MARKER is gone.
LC_ALL=C
export LC_ALL
source=$1 target=$2 git_dir=$3 commit=$4 marker=$5

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c protocol.ext.allow=never \
        -c submodule.recurse=false -c gc.auto=0 -c maintenance.auto=false -c advice.detachedHead=false "$@"
}

exec 9<"$marker" || exit 1
if command -v flock >/dev/null 2>&1; then flock -s 9; fi
[ -e "$marker" ] || exit 1
[ -e "$source/.git" ] || exit 3
mkdir -p -- "${git_dir%/*}" || exit 1
git clone -q --no-checkout --template= --dissociate --separate-git-dir="$git_dir" -- "$source" "$target" || exit 1
if url=$(git -C "$source" config --get remote.origin.url); then
    command git -C "$target" config remote.origin.url "$url" || exit 1
fi
[ -n "$commit" ] || commit=$(git -C "$source" rev-parse HEAD) || exit 1
git -C "$target" checkout -q --detach "$commit" --
