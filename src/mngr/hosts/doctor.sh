# doctor.sh FOLDER SOCKET
# Says what a host has of what mngr needs: lines `KEY VALUE`; an empty value means that it is missing.
set -u
export LC_ALL=C
folder=$1 socket=$2
umask 077

version() { # COMMAND ARGUMENT: the first line of what it says, or nothing
    if command -v "$1" >/dev/null 2>&1; then
        said=$("$1" "$2" 2>&1 </dev/null | head -n 1)
        echo "${said:-unknown}"
    fi
}

echo "system $(uname -s) $(uname -r)"
echo "tmux $(version tmux -V)"
echo "git $(version git --version)"
echo "git-lfs $(version git-lfs --version)"
echo "rsync $(version rsync --version)"
if command -v flock >/dev/null 2>&1; then
    echo "lock flock"
elif command -v perl >/dev/null 2>&1; then
    echo "lock perl"
else
    echo "lock "
fi
if mkdir -p "$folder" 2>/dev/null && : 2>/dev/null >"$folder/.doctor.$$" && rm -f "$folder/.doctor.$$"; then
    echo "writable yes"
else
    echo "writable "
fi
# shellcheck disable=SC2012  # portable; the folder is ours
echo "mode $(ls -ld "$folder" 2>/dev/null | cut -c 1-10)"
# shellcheck disable=SC2046,SC2086
set -- $(df -Pk "$folder" 2>/dev/null | tail -n 1)
echo "free_kb ${4:-}"
echo "server $(tmux -u -L "$socket" display-message -p '#{pid}' 2>/dev/null)"
