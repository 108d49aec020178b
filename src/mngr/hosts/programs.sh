# programs.sh PATH [COMMAND FOLDER ONLY LOGIN]...
# Says of each program, after a line `=`: where it is (`at FILE`: on PATH, or below FOLDER, where mngr installs it; with
# ONLY nowhere else), and what LOGIN, a script, says of how it is logged in. First of all, where npm is.
set -u
search=$1
shift

find_on_path() { # COMMAND
    (
        PATH=$search
        command -v -- "$1"
    )
}

printf 'npm %s\n' "$(find_on_path npm)"
while [ $# -gt 0 ]; do
    at=
    [ -n "$3" ] || at=$(find_on_path "$1")
    [ -n "$at" ] || [ ! -x "$2/node_modules/.bin/$1" ] || at=$2/node_modules/.bin/$1
    printf '=\nat %s\n' "$at"
    (
        login=$4
        set --
        set +u
        eval "$login"
    ) 2>/dev/null
    shift 4
done
