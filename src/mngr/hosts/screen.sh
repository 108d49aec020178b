# screen.sh FOLDER ID SOCKET screen|all
# Prints what an agent's terminal shows (or its whole history), or what it showed when its session was ended.
set -u
export LC_ALL=C
folder=$1 id=$2 socket=$3
pane=$(tmux -u -L "$socket" list-panes -a -f "#{&&:#{==:#{@mngr_agent},$id},#{==:#{window_index},0}}" \
    -F '#{pane_id}' 2>/dev/null)
if [ -n "$pane" ]; then
    if [ "$4" = all ]; then
        exec tmux -u -L "$socket" capture-pane -p -J -S - -t "${pane%%[!%0-9]*}"
    fi
    exec tmux -u -L "$socket" capture-pane -p -J -t "${pane%%[!%0-9]*}"
fi
if [ -f "$folder/agents/$id/screen" ]; then
    exec cat "$folder/agents/$id/screen"
fi
echo "it has no session, and nothing was kept of its screen" >&2
exit 1
