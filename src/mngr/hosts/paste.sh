# paste.sh FOLDER ID SOCKET LONGEST_LINE_BYTES [alone]
# Types standard input into an agent's terminal as one paste, then presses Enter. Runs under the agent's lock.
# Exit 5: the program is gone; 6: its terminal reads whole lines and would cut one; 7 (with `alone`): there is an outbox,
# where something may wait that comes first. Nothing was typed then.
set -u
export LC_ALL=C
folder=$1 id=$2 socket=$3 longest=$4
[ "${5:-}" != alone ] || [ ! -s "$folder/agents/$id/outbox.jsonl" ] || exit 7
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
tmux -u "$where" "$socket" load-buffer -b "$buffer" - \; paste-buffer -p -r -d -b "$buffer" -t "$pane" \; \
    send-keys -t "$pane" Enter || exit 1
umask 077
echo "$(date +%s) mngr message" >"$folder/agents/$id/told" # the last one: what it does from now on is of that
printf '{"time": "%s", "source": "mngr", "type": "message"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    >>"$folder/agents/$id/events.jsonl"
