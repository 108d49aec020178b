#!/bin/sh
# Describes files by what is in them, so that folders on two hosts can be compared.
#
#   describe.sh all FOLDER       all files and symbolic links in a folder
#   describe.sh these FOLDER     of the paths on standard input (NUL after each), those that are there
#
# Prints `KIND SUM PATH`, NUL after each. KIND is x for a program, - for another file, l for a link, whose SUM is that of
# where it leads. SUM is empty where a file cannot be read. Exit 3: there is no such folder.
LC_ALL=C GIT_DIR=/nonexistent # the same sums, whatever repository the folder is in
export LC_ALL GIT_DIR

describe() {
    # shellcheck disable=SC2016 # the inner shell expands it
    xargs -0 -n 500 sh -c '
        left=$#
        while [ "$left" -gt 0 ]; do
            path=$1 left=$((left - 1))
            shift
            if [ -L "$path" ]; then
                sum=$(readlink -- "$path" | git hash-object --stdin)
                printf "l %s %s\0" "$sum" "$path"
            elif [ -f "$path" ]; then
                set -- "$@" "$path"
            fi
        done
        [ "$#" -gt 0 ] || exit 0
        git hash-object --no-filters -- "$@" 2>/dev/null | for path; do
            IFS= read -r sum || sum=
            if [ -x "$path" ]; then kind=x; else kind=-; fi
            printf "%s %s %s\0" "$kind" "$sum" "$path"
        done' sh
}

cd -- "$2" 2>/dev/null || exit 3
case $1 in
all) find . \( -type f -o -type l \) -print0 | describe ;;
these) describe ;;
esac
