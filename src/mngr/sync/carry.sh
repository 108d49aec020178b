#!/bin/sh
# Brings files from one folder to another. Paths are on standard input, NUL after each, beginning with "./".
#
#   carry.sh copy SOURCE TARGET MARKER      prints what could not be read
#   carry.sh remove TARGET MARKER           removes files, and folders if they are empty
#   carry.sh out SOURCE                     writes them as an archive
#   carry.sh in TARGET MARKER               unpacks one that is on standard input
#   carry.sh own-repositories SOURCE        prints those of the folders that are repositories, not worktrees of another
#
# Nothing is done once MARKER is gone: then nobody waits for this workspace any more.
LC_ALL=C
export LC_ALL

hold_marker() {
    exec 9<"$1" || exit 1
    if command -v flock >/dev/null 2>&1; then flock -s 9; fi
    [ -e "$1" ] || exit 1
}

case $1 in
copy)
    hold_marker "$4"
    cd -- "$2" || exit 1
    # shellcheck disable=SC2016 # the inner shell expands it
    exec xargs -0 sh -c 'target=$0; tar -cf - "$@" | tar -xpof - -C "$target"' "$3"
    ;;
out)
    cd -- "$2" || exit 1
    case $(tar --version 2>/dev/null) in
    *GNU* | *bsdtar*) exec tar -cf - --null -T - ;;
    esac
    exec xargs -0 -x -n 100000 tar -cf - # one archive, or none
    ;;
in)
    hold_marker "$3"
    exec tar -xpof - -C "$2"
    ;;
remove)
    hold_marker "$3"
    cd -- "$2" || exit 1
    # shellcheck disable=SC2016 # the inner shell expands it
    exec xargs -0 sh -c 'for path; do [ -d "$path" ] && [ ! -L "$path" ] && { rmdir -- "$path" 2>/dev/null || :; continue; }
        rm -f -- "$path"; done' sh
    ;;
own-repositories)
    cd -- "$2" || exit 1
    # shellcheck disable=SC2016 # the inner shell expands it
    exec xargs -0 sh -c 'for path; do if [ -d "$path/.git" ]; then printf "%s\0" "$path"; fi; done' sh
    ;;
esac
