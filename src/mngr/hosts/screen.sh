# screen.sh FOLDER ID SOCKET screen|all
# Prints what an agent's terminal shows (or its whole history), or what it showed when its session was ended.
set -u
export LC_ALL=C
folder=$1 id=$2 socket=$3 what=$4
where=-L
if [ -s "$folder/agents/$id/tmux" ] && read -r at 2>/dev/null <"$folder/agents/$id/tmux"; then where=-S socket=$at; fi # the server it was started on
command -v tmux >/dev/null 2>&1 || {
    echo "tmux is not on PATH" >&2
    exit 69
}
pane=$(tmux -u "$where" "$socket" list-panes -a -f "#{&&:#{==:#{@mngr_agent},$id},#{==:#{window_index},0}}" \
    -F '#{pane_id} #{pane_dead}' 2>/dev/null | head -n 1)
if [ -n "$pane" ]; then
    dead=${pane#* } pane=${pane% *}
    [ "$what" != all ] || exec tmux -u "$where" "$socket" capture-pane -p -J -S - -t "$pane"
    # tmux scrolls the screen by a line to tell of the end, which may come just now.
    text=$(tmux -u "$where" "$socket" capture-pane -p -J -S "-$dead" -t "$pane") || exit 1
    if [ "$(tmux -u "$where" "$socket" display-message -p -t "$pane" '#{pane_dead}')" != "$dead" ]; then
        text=$(tmux -u "$where" "$socket" capture-pane -p -J -S -1 -t "$pane") || exit 1
    fi
    printf '%s\n' "$text"
    exit 0
fi
if [ -f "$folder/agents/$id/screen" ]; then
    if [ "$what" = all ]; then
        exec cat "$folder/agents/$id/screen"
    fi
    exec tail -n 50 "$folder/agents/$id/screen"
fi
echo "it has no session, and nothing was kept of its screen" >&2
exit 1
