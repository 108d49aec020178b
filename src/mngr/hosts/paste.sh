# paste.sh FOLDER ID SOCKET LONGEST_LINE_BYTES BYTES alone | once MESSAGE_ID
# Types standard input into an agent's terminal as one paste, then presses Enter. Runs under the agent's lock, and to its
# end, whether who sent it is still there or not.
#   alone  if there is no outbox, where something may wait that comes first
#   once   if the outbox says that the message waits; then it says there that it is typed
# Exit 5: the program is gone; 6: its terminal reads whole lines and would cut one; 7: there is an outbox; 8: the message
# does not wait any more; 9: not all of the text came, for the link to its sender broke. Nothing was typed then.
set -u
export LC_ALL=C
folder=$1 id=$2 socket=$3 longest=$4 bytes=$5 message=${7:-}
box=$folder/agents/$id/outbox.jsonl
[ "$6" != alone ] || [ ! -s "$box" ] || exit 7
where=-L
if [ -s "$folder/agents/$id/tmux" ] && read -r at 2>/dev/null <"$folder/agents/$id/tmux"; then where=-S socket=$at; fi # the server it was started on
limit=4095
[ "$(uname -s)" = Darwin ] && limit=1023

command -v tmux >/dev/null 2>&1 || {
    echo "tmux is not on PATH" >&2
    exit 69
}
panes=$(tmux -u "$where" "$socket" list-panes -a -f "#{&&:#{==:#{@mngr_agent},$id},#{==:#{window_index},0}}" \
    -F '#{pane_id} #{pane_dead} #{pane_tty} #{pane_in_mode}' 2>/dev/null)
# shellcheck disable=SC2086  # four words
set -- $panes
if [ $# -lt 4 ]; then
    echo "it has no session" >&2
    exit 5
fi
if [ "$2" = 1 ]; then
    echo "its program has ended" >&2
    exit 5
fi
pane=$1
if [ "$longest" -gt "$limit" ]; then
    case $(stty -a <"$3" 2>/dev/null) in
    *-icanon*) ;;
    *icanon*)
        echo "its terminal takes at most $limit bytes a line, and a line has $longest" >&2
        exit 6
        ;;
    esac
fi
[ "$4" = 0 ] || tmux -u "$where" "$socket" copy-mode -q -t "$pane"
buffer=mngr-$$
drop() {
    tmux -u "$where" "$socket" delete-buffer -b "$buffer" 2>/dev/null
}
buffers=$(tmux -u "$where" "$socket" load-buffer -b "$buffer" - \; list-buffers -F '#{buffer_name} #{buffer_size}') || exit 1
case "
$buffers
" in
*"
$buffer $bytes
"*) ;;
*)
    drop
    echo "not all of it arrived" >&2
    exit 9
    ;;
esac
if [ -n "$message" ]; then
    case $(grep -F "{\"id\": \"$message\"," "$box" 2>/dev/null | grep '}$' | tail -n 1) in
    *'", "state": "queued"'*) ;;
    *'", "state": "typed"'*) drop && exit 0 ;;
    *)
        drop
        echo "it was given up meanwhile" >&2
        exit 8
        ;;
    esac
    # Before it is typed: whoever finds this never types it again.
    [ -z "$(tail -c 1 "$box")" ] || echo >>"$box"
    line=$(printf '{"id": "%s", "time": "%s", "state": "typed"}' "$message" "$(date -u +%Y-%m-%dT%H:%M:%SZ)")
    if ! { printf '%s\n' "$line" >>"$box"; } 2>/dev/null; then
        drop
        echo "its outbox cannot be written" >&2
        exit 74
    fi
fi
tmux -u "$where" "$socket" paste-buffer -p -r -d -b "$buffer" -t "$pane" \; send-keys -t "$pane" Enter || exit 1
umask 077
{ echo "$(date +%s) mngr message" >"$folder/agents/$id/told"; } 2>/dev/null # what it does from now on is of that
printf '{"time": "%s", "source": "mngr", "type": "message"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    >>"$folder/agents/$id/events.jsonl" 2>/dev/null
exit 0 # it is typed, also where nothing more can be written
