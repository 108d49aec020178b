# keyboard.sh: sh -s FOLDER ID SOCKET, this file on standard input, and then orders
# A conversation with whoever types into an agent's terminal: says `ready PANE PID TIME`, or why not, and then runs the
# shell text that follows on standard input, made by mngr, as it comes: calls of the functions below.
# It is read from standard input because every shell runs that line by line; a file some read to its end first.
set -u
umask 077
export LC_ALL=C
folder=$1 id=$2 socket=$3
where=-L
if [ -s "$folder/agents/$id/tmux" ] && read -r at 2>/dev/null <"$folder/agents/$id/tmux"; then where=-S socket=$at; fi # the server it was started on
PIECES=60 # pastes of one call of tmux, which may be some kB long

mux() {
    tmux -u "$where" "$socket" "$@" </dev/null
}

# look: `look SIZE DEAD CURSOR_X CURSOR_Y TITLE`, then the screen with its colours and a newline. Until a program names
# its terminal there is no title.
look() {
    said=$(mux display-message -p -t "$pane" '#{pane_dead} #{cursor_x} #{cursor_y} #{?#{==:#{pane_title},#{host}},,#{=200:pane_title}}' \; \
        capture-pane -p -e -t "$pane" 2>/dev/null && echo .)
    case $said in
    [01]' '*.) said=${said%.} ;;
    *) said='' ;; # of a pane that goes at this very moment tmux shows every field empty
    esac
    heading=${said%%
*}
    screen=${said#*
}
    [ -n "$said" ] || heading='1 0 0 '
    printf 'look %s %s\n%s\n' "${#screen}" "$heading" "$screen"
}

paste() { # TEXT...: each as one bracketed paste; a terminal that was scrolled back comes to its end
    pieces=$(mktemp -d "${TMPDIR:-/tmp}/mngr-XXXXXX" 2>/dev/null) || { echo full && return; }
    number=0
    for text in "$@"; do
        number=$((number + 1))
        printf %s "$text" >"$pieces/$number"
    done
    if paste_pieces; then echo pasted; else echo failed; fi
    rm -rf "$pieces"
}

paste_pieces() { # many at once: a call for each of a thousand takes long
    at=0
    while [ "$at" -lt "$number" ]; do
        set -- copy-mode -q -t "$pane"
        upto=$((at + PIECES))
        while [ "$at" -lt "$number" ] && [ "$at" -lt "$upto" ]; do
            at=$((at + 1))
            set -- "$@" \; load-buffer -b "mngr-$$" "$pieces/$at" \; paste-buffer -p -r -d -b "mngr-$$" -t "$pane"
        done
        mux "$@" 2>/dev/null || return
    done
}

press() { # KEY...: one after the other
    mux copy-mode -q -t "$pane" \; send-keys -t "$pane" "$@" 2>/dev/null && echo pressed || echo failed
}

sign() { # what the program's hooks said last
    printf 'sign %s\n' "$(tail -n 1 "$folder/agents/$id/signs" 2>/dev/null)"
}

lives() { # PID: whether that process has not ended yet
    stat=
    { read -r stat; } 2>/dev/null <"/proc/$1/stat"
    case ${stat##*) } in
    [ZX]*) echo no ;;
    '') if [ ! -e /proc/self/stat ] && kill -0 "$1" 2>/dev/null; then echo yes; else echo no; fi ;;
    *) echo yes ;;
    esac
}

note() { # FILE TEXT: adds a line to one of the agent's files, in one piece, whatever came before it
    file=$folder/agents/$id/$1
    [ -z "$(tail -c 1 "$file" 2>/dev/null)" ] || echo >>"$file"
    { printf '%s\n' "$2" | dd ibs=65536 obs=16777216 >>"$file"; } 2>/dev/null && echo noted || echo failed
}

command -v tmux >/dev/null 2>&1 || {
    echo "no tmux"
    exit 69
}
found=$(mux list-panes -a -f "#{&&:#{==:#{@mngr_agent},$id},#{==:#{window_index},0}}" -F '#{pane_id} #{pane_pid}' \
    2>/dev/null | head -n 1)
if [ -z "$found" ]; then
    echo "no session"
    exit 5
fi
pane=${found%% *}
echo "ready $found $(date +%s)"
