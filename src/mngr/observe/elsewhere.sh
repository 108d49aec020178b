# elsewhere.sh FOLDER SOCKET ID...
# Says on which other tmux servers agents are whose session is not on SOCKET: those that were started with another
# prefix, or with another folder for sockets. Prints the paths of the servers' sockets. An agent whose folder does not
# say where it was started (that was not always written down) says so from then on.
set -u
umask 077
export LC_ALL=C
folder=$1 socket=$2
shift 2
cd "$folder/agents" 2>/dev/null || exit 0
own=$(tmux -u -L "$socket" display-message -p '#{socket_path}' 2>/dev/null)

servers() { # ID: what its folder says, else what the environments of its processes say
    if [ -s "$1/tmux" ]; then
        head -n 1 "$1/tmux"
        return
    fi
    grep -lsz "^MNGR_AGENT_ID=$1\$" /proc/[0-9]*/environ | while read -r file; do
        grep -aosz '^TMUX=[^,]*' "$file" | tr '\0' '\n' | sed 's/^TMUX=//'
    done | sort -u
}

is_there() { # ID SERVER: whether that has its session, and not that of an agent in a copy of this folder
    session=$(tmux -u -S "$2" list-sessions -f "#{==:#{@mngr_agent},$1}" -F '#{session_id}' 2>/dev/null | head -n 1)
    [ "$session" ] || return 1
    state=$(tmux -u -S "$2" show-environment -t "$session" MNGR_AGENT_STATE_DIR 2>/dev/null)
    [ "$(cd "${state#*=}" 2>/dev/null && pwd -P)" = "$(cd "$1" && pwd -P)" ]
}

for id; do
    [ -d "$id" ] || continue
    servers "$id" | while read -r server; do
        if [ "$server" != "$own" ] && [ -S "$server" ] && is_there "$id" "$server"; then
            [ -s "$id/tmux" ] || printf '%s\n' "$server" >"$id/tmux"
            printf '%s\n' "$server"
        fi
    done
done | sort -u
