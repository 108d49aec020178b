# inbox.sh FOLDER ID SOCKET SECONDS [MESSAGE_ID]
# Gives an agent's program a request through its inbox, and prints what it answers. The request is on standard input, as
# one line. Exit 5: it does not run. 7: no answer came in time, or the program ended; the request was taken back.
# A message that is in the program's record by then was accepted, whatever came in between.
set -u
umask 077
export LC_ALL=C
folder=$1 id=$2 socket=$3 seconds=$4 message=${5-}
export MNGR_AGENT_STATE_DIR="$folder/agents/$id"
cd "$MNGR_AGENT_STATE_DIR" 2>/dev/null || exit 66
where=-L
if [ -s tmux ] && read -r at 2>/dev/null <tmux; then where=-S socket=$at; fi # the server it was started on
command -v tmux >/dev/null 2>&1 || exit 69

lives() { # whether the program lives; what has ended can stay as a zombie
    kill -0 "$pid" 2>/dev/null || return 1
    stat=
    { read -r stat; } 2>/dev/null <"/proc/$pid/stat"
    case ${stat##*) } in
    Z*) return 1 ;;
    esac
}

recorded() { # whether the record shows the message
    [ -n "$message" ] && [ -f given ] || return 1
    place=$(awk -v id="$message" '$1 == id { place = $2 " " $3 } END { print place }' given)
    # shellcheck disable=SC2086  # two words
    [ -n "$place" ] && [ "$(sh ./read-record has-message $place)" = yes ]
}

answered() { # print the answer, if it has come; who asked may have gone by then
    [ -f "$name.done" ] || return 1
    cat "$name.done"
    rm -f "$name.done"
}

fail() { # CODE: take the request back
    rm -f "$name.json"
    answered && exit 0
    rm -f "$name.taken"
    if recorded; then
        echo '{"state": "accepted"}'
        exit 0
    fi
    exit "$1"
}

pid=$(tmux -u "$where" "$socket" list-panes -a -f "#{&&:#{==:#{@mngr_agent},$id},#{==:#{window_index},0}}" \
    -F '#{pane_dead} #{pane_pid}' 2>/dev/null </dev/null | sed -n '1s/^0 //p')
mkdir -p inbox || exit 74
name=inbox/$(date +%s)-$$
[ -n "$pid" ] || fail 5
lives || fail 5
# Whoever finds the message without an end knows by this that it may have been given: giving it again does no harm.
if [ -n "$message" ] && [ -f outbox.jsonl ]; then
    printf '{"id": "%s", "time": "%s", "state": "typed", "typed": {"program": "%s", "offsets": {}}}\n' \
        "$message" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$pid" >>outbox.jsonl || exit 74
fi
cat >"$name.new" && mv "$name.new" "$name.json" || exit 74
end=$(($(date +%s) + seconds))
rounds=0
until answered; do
    rounds=$((rounds + 1))
    if [ $((rounds % 25)) -eq 0 ]; then
        lives || fail 7
        # What the program has begun with is not taken back lightly: it knows best.
        [ -e "$name.json" ] && last=$end || last=$((end + 100))
        [ "$(date +%s)" -lt "$last" ] || fail 7
    fi
    sleep 0.02 2>/dev/null || sleep 1
done
