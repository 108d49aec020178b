#!/bin/sh
# Makes a repository without a working tree that holds one commit of another and so many before it:
#   shallow.sh REPOSITORY FOLDER DEPTH COMMIT BRANCH
set -u
umask 077
LC_ALL=C
export LC_ALL
repository=$1 folder=$2 depth=$3 commit=$4 branch=$5

git() {
    command git --no-optional-locks -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 \
        -c protocol.file.allow=always "$@"
}

case ${#commit} in
64) format=--object-format=sha256 ;;
*) format= ;;
esac
rm -rf -- "$folder" && mkdir -p -- "${folder%/*}" && git init -q --bare --template= ${format:+"$format"} "$folder" || exit 1
# What serves the fetch reads this too: any commit may be asked for by its name.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=uploadpack.allowAnySHA1InWant GIT_CONFIG_VALUE_0=true
git --git-dir="$folder" fetch -q --no-tags --depth="$depth" -- "file://$repository" "$commit:refs/heads/$branch"
