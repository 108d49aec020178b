# closer.sh FOLDER SOCKET ID...
# Shows what a look at all agents leaves out: of each agent its screen, and the end of its conversation's record.
# Prints `screen ID BYTES` or `record ID BYTES`, then so many bytes and a newline.
set -u
export LC_ALL=C
folder=$1 socket=$2
shift 2
panes=$(tmux -u -L "$socket" list-panes -a -f '#{==:#{window_index},0}' -F '#{@mngr_agent} #{pane_id}' 2>/dev/null)

show() { # KIND ID, with what is shown on standard input; a dot keeps the last newlines
    text=$(cat && echo .)
    text=${text%.}
    printf '%s %s %s\n%s\n' "$1" "$2" "${#text}" "$text"
}

for id in "$@"; do
    pane=$(printf '%s\n' "$panes" | sed -n "s/^$id //p" | head -n 1)
    where=-L at=$socket
    if [ -z "$pane" ] && [ -s "$folder/agents/$id/tmux" ] && read -r at <"$folder/agents/$id/tmux"; then
        where=-S
        pane=$(tmux -u -S "$at" list-panes -a -f "#{&&:#{==:#{@mngr_agent},$id},#{==:#{window_index},0}}" \
            -F '#{pane_id}' 2>/dev/null | head -n 1)
    fi
    [ -z "$pane" ] || tmux -u "$where" "$at" capture-pane -p -t "$pane" 2>/dev/null | show screen "$id"
    file=$(tail -n 1 "$folder/agents/$id/conversations" 2>/dev/null | cut -d ' ' -f 3-)
    [ ! -f "$file" ] || tail -c 65536 "$file" | tr -d '\0' | show record "$id"
done
