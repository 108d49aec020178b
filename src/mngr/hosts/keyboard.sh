# keyboard.sh FOLDER ID SOCKET
# A conversation with whoever types into an agent's terminal, under the agent's lock. Says `ready PANE`, or why not, and
# then runs the shell text on standard input, made by mngr, as it comes: calls of the functions below.
set -u
export LC_ALL=C
folder=$1 id=$2 socket=$3
exec 3<&0

mux() {
    tmux -u -L "$socket" "$@" </dev/null
}

# look: `look SIZE DEAD CURSOR_X CURSOR_Y TITLE`, then the screen with its colours and a newline.
look() {
    said=$(mux display-message -p -t "$pane" '#{pane_dead} #{cursor_x} #{cursor_y} #{=200:pane_title}' \; \
        capture-pane -p -e -t "$pane" 2>/dev/null && echo .)
    said=${said%.}
    heading=${said%%
*}
    screen=${said#*
}
    [ -n "$said" ] || heading='1 0 0 '
    printf 'look %s %s\n%s\n' "${#screen}" "$heading" "$screen"
}

paste() { # TEXT: as one bracketed paste
    [ "$(mux display-message -p -t "$pane" '#{pane_in_mode}')" = 0 ] || mux copy-mode -q -t "$pane"
    printf %s "$1" | tmux -u -L "$socket" load-buffer -b "mngr-$$" - \; paste-buffer -p -r -d -b "mngr-$$" -t "$pane" &&
        echo pasted || echo failed
}

press() { # KEY...: one after the other
    mux send-keys -t "$pane" "$@" && echo pressed || echo failed
}

note() { # FILE TEXT: adds a line to one of the agent's files
    { printf '%s\n' "$2" >>"$folder/agents/$id/$1"; } 2>/dev/null && echo noted || echo failed
}

command -v tmux >/dev/null 2>&1 || {
    echo "no tmux"
    exit 69
}
pane=$(mux list-panes -a -f "#{&&:#{==:#{@mngr_agent},$id},#{==:#{window_index},0}}" -F '#{pane_id}' 2>/dev/null | head -n 1)
if [ -z "$pane" ]; then
    echo "no session"
    exit 5
fi
echo "ready $pane"
# shellcheck disable=SC1091
. /dev/fd/3
