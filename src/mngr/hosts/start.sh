# start.sh FOLDER ID SESSION SOCKET WORK_DIR COLUMNSxLINES HISTORY [WINDOW_NAME WINDOW_COMMAND]...
# Starts an agent's program in its tmux session. Standard input is shell text, made by mngr, that writes the files the
# agent needs into the current folder. Answers with one line:
#   started SESSION_ID PANE_ID PID     the program runs (or did)
#   ended exit STATUS | signal NUMBER  it failed at once; what it said follows
#   running                            there is such a session already
#   changed                            the record is not that of `was.json` any more; it follows as it is now
set -u
users_umask=$(umask)
umask 077
folder=$1 id=$2 session=$3 socket=$4 work_dir=$5 size=$6 history=$7
shift 7
agent=$folder/agents/$id

fail() { # CODE TEXT
    printf '%s\n' "$2" >&2
    exit "$1"
}

tmux_server() { # the server inherits nothing from whoever happens to start it
    env -i ${HOME:+HOME="$HOME"} PATH="$PATH" SHELL="${SHELL:-/bin/sh}" USER="${USER:-}" LOGNAME="${LOGNAME:-}" \
        LANG="${LANG:-}" TERM="${TERM:-xterm-256color}" ${TMUX_TMPDIR:+TMUX_TMPDIR="$TMUX_TMPDIR"} \
        tmux -u -L "$socket" -f "$folder/tmux.conf" "$@" 9>&-
}

# In single quotes within single quotes: neither tmux nor this shell expands it, but the shell of the hook does.
# shellcheck disable=SC2016
on_exit='exec sh "$MNGR_AGENT_STATE_DIR/on-exit" "#{pane_dead_status}" "#{pane_dead_signal}"'

# What reads along while the program runs, and ends with it (on-exit sees to that): tmux takes what is still to be read
# from a program that has ended only where the pane has a pipe; else its last words can be lost.
# shellcheck disable=SC2016
reader='umask 077; cd #{q:@mngr_folder} && { echo $$ >reader; [ ! -e wanted ] || exec cat >/dev/null; }'

begun_by() { # who starts it: while that process lives and there is no session yet, the agent is starting
    stat=
    { read -r stat; } 2>/dev/null </proc/$$/stat
    # shellcheck disable=SC2086  # fields
    set -- ${stat##*) }
    echo "$$ ${20-}"
}

new_session() {
    # One invocation, so that nothing can happen between its parts: a program that ends at once is kept as well.
    # shellcheck disable=SC2016  # the hook's own shell expands it
    tmux_server set-option -g history-limit "$history" \; new-session -d -s "$session" -x "${size%x*}" -y "${size#*x}" -n agent \
        -P -F '#{session_id} #{pane_id} #{pane_pid}' \
        -e MNGR_AGENT_ID="$id" -e MNGR_AGENT_STATE_DIR="$agent" -e MNGR_AGENT_WORK_DIR="$work_dir" \
        -e MNGR_HOST_DIR="$folder" -- sh "$agent/mngr-launch" \; \
        set-option @mngr_agent "$id" \; \
        set-option @mngr_folder "$agent" \; \
        set-option -w remain-on-exit on \; \
        pipe-pane "$reader" \; \
        set-option default-command 'exec sh "$MNGR_AGENT_STATE_DIR/mngr-launch" --shell' \; \
        set-hook -p pane-died "run-shell -b '$on_exit'"
}

is_over() { # PID: whether that process has ended; tmux misses that now and then, and is told to look
    stat=
    { read -r stat; } 2>/dev/null <"/proc/$1/stat"
    # shellcheck disable=SC2086  # fields
    set -- ${stat##*) }
    case ${1-} in
    Z) kill -CHLD "$2" 2>/dev/null ;;
    '') [ -e /proc/self/stat ] ;;
    *) return 1 ;;
    esac
}

has_ended() { # PID: whether it is written down how the program ended
    [ -e "$agent/exit" ] || { is_over "$1" && [ -e "$agent/exit" ]; }
}

has_begun() { # PID: whether the launcher has become the program
    last=${cmdline-}
    cmdline=
    { read -r cmdline <"/proc/$1/cmdline"; } 2>/dev/null
    # The shell reads byte by byte, and the process may change under it: only what is read twice counts.
    [ "$cmdline" = "$last" ] || [ ! -e /proc/self/cmdline ] || return 1
    case $cmdline in
    *mngr-launch* | tmux:* | "tmux -u"*) return 1 ;; # the launcher, or tmux before it has become that
    '') [ -e /proc/self/cmdline ] && return 1 ;;
    esac
    return 0
}

last_words() { # SESSION: what a program that ended said; on a busy machine it can reach the screen after its end
    looks=0
    while [ "$looks" -lt 5 ]; do
        looks=$((looks + 1))
        # tmux scrolls the screen by a line to tell of the end.
        screen=$(tmux -u -L "$socket" capture-pane -p -S -1 -t "$1:0" | LC_ALL=C grep -v '^\[the program ended')
        [ -z "$screen" ] || break
        sleep 0.02 2>/dev/null || break
    done
    printf '%s\n' "$screen"
}

command -v tmux >/dev/null 2>&1 || fail 69 "tmux is not on PATH"
cd "$agent" 2>/dev/null || fail 66 "the agent's folder is gone: $agent"
# shellcheck disable=SC1091
. /dev/stdin || fail 74 "cannot write into $agent"
[ "${complete-}" = yes ] || fail 74 "what was to be written into $agent came cut"
if [ -e was.json ]; then
    was='' now=''
    IFS= read -r was <was.json
    IFS= read -r now 2>/dev/null <record.json
    rm -f was.json
    if [ "$was" != "$now" ]; then
        rm -f record.new
        printf 'changed\n%s\n' "$now"
        exit 0
    fi
fi
if [ -s tmux ] && read -r at 2>/dev/null <tmux && # the server it was started on, by whatever prefix
    [ -n "$(tmux -u -S "$at" list-panes -a -f "#{==:#{@mngr_agent},$id}" -F . 2>/dev/null)" ]; then
    rm -f record.new
    echo running
    exit 0
fi
cd "$work_dir" 2>/dev/null || fail 66 "the workspace is gone: $work_dir"
cd "$agent" || fail 66 "the agent's folder is gone: $agent"
type=started
[ -e record.json ] || type=created
[ -L work ] || ln -s "$work_dir" work 2>/dev/null || : # for the probe, which can do without
begun_by >wanted || fail 74 "cannot write into $agent"
mv record.new record.json || fail 74 "cannot write into $agent"
: >tmux || fail 74 "cannot write into $agent" # the launcher fills it
rm -f making.json exit last-exit reader screen stopped destroying destroyed_at signs asked told
printf '{"time": "%s", "source": "mngr", "type": "%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$type" >>events.jsonl
cd "$work_dir" || fail 66 "the workspace is gone: $work_dir"
umask "$users_umask" # what the program makes is the user's

tries=5
while :; do
    said=$(new_session 2>&1) && break
    case $said in
    *"duplicate session"*)
        owner=$(tmux -u -L "$socket" display-message -p -t "=$session:" '#{@mngr_agent}' 2>/dev/null)
        [ "$owner" = "$id" ] || fail 73 "there is a tmux session '$session' that is not this agent's"
        echo running
        exit 0
        ;;
    *"server exited unexpectedly"* | *"lost server"* | *"no server running"*) ;; # an old server was just going
    *) tries=0 ;;
    esac
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail 70 "tmux: $said"
    sleep 0.1 2>/dev/null || sleep 1
done
session_id=${said%% *} pid=${said##* }
# Where something watches the host for idleness, it should.
[ ! -f "$folder/watchdog.sh" ] || sh "$folder/watchdog.sh" ensure "$folder" </dev/null >/dev/null 2>&1 9>&-

while [ $# -ge 2 ]; do
    tmux -u -L "$socket" new-window -d -t "$session_id:" -n "$1" -- sh "$agent/mngr-launch" "$2" || exit 70
    shift 2
done

rounds=0
until has_begun "$pid" || has_ended "$pid" || [ "$rounds" -ge 400 ]; do
    rounds=$((rounds + 1))
    [ "$rounds" -lt 300 ] || sleep 0.01 2>/dev/null || sleep 1
done
rounds=300
# Only one that is over is waited for, until it is written down how it ended.
until [ -e "$agent/exit" ] || [ "$rounds" -ge 500 ] || ! is_over "$pid"; do
    rounds=$((rounds + 1))
    sleep 0.01 2>/dev/null || sleep 1
done
if [ -e "$agent/exit" ]; then
    read -r status signal _ <"$agent/exit"
    case $status in
    0) how= ;;
    -) how="signal $signal" ;;
    *) how="exit $status" ;;
    esac
    if [ -n "$how" ]; then
        echo "ended $how"
        last_words "$session_id"
        exit 0
    fi
fi
echo "started $said"
