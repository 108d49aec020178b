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

servers() { # ID...: what their folders say, else what the environments of their processes say
    for id; do
        shift
        if [ -s "$id/tmux" ] && read -r server 2>/dev/null <"$id/tmux"; then
            printf '%s\n' "$server"
        else
            set -- "$@" -e "^MNGR_AGENT_ID=$id\$"
        fi
    done
    [ $# -eq 0 ] || grep -lsz "$@" /proc/[0-9]*/environ | while read -r file; do
        grep -aosz '^TMUX=[^,]*' "$file" | tr '\0' '\n' | sed 's/^TMUX=//'
    done
}

is_here() { # or of a copy of this folder, where agents have the same ids
    state=$(tmux -u -S "$server" show-environment -t "$session" MNGR_AGENT_STATE_DIR 2>/dev/null </dev/null)
    [ -d "$id" ] && [ "$(cd "${state#*=}" 2>/dev/null && pwd -P)" = "$(cd "$id" && pwd -P)" ]
}

forget() { # what a copied folder says of where the agent was started that it is a copy of
    at=
    [ ! -s "$id/tmux" ] || read -r at 2>/dev/null <"$id/tmux"
    [ "$at" != "$server" ] || : >"$id/tmux"
}

servers "$@" | sort -u | while read -r server; do
    if [ "$server" = "$own" ] || [ ! -S "$server" ]; then continue; fi
    found=
    while read -r session id; do
        case " $* " in
        *" ${id:--} "*) is_here || { forget && continue; } ;;
        *) continue ;;
        esac
        [ -s "$id/tmux" ] || printf '%s\n' "$server" >"$id/tmux"
        found=yes
    done <<END
$(tmux -u -S "$server" list-sessions -F '#{session_id} #{@mngr_agent}' 2>/dev/null </dev/null)
END
    [ -z "$found" ] || printf '%s\n' "$server"
done
