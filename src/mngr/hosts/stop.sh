#!/bin/sh
# stop.sh FOLDER ID SOCKET GRACE_SECONDS [SPARED_PID [left]]
# Ends an agent's program and every process it started, then its session; what the screen showed is kept. Runs under
# the agent's lock. For each process it says `ended PID NAME`, and `idle` when there was neither session nor process.
# What does not end is named on standard error: exit 1.
#
# The agent's processes are those below the panes of its session, and those whose environment has its MNGR_AGENT_ID
# (daemons that left the session); but none of another agent, not the shared tmux server, not this script, and not
# SPARED_PID with what that started. With `left` only what is left of a session that somebody else ended: where there is
# a session nothing is done, and that the agent should run stays written down. When the agent stops itself, the processes that wait for this script are ended last.
set -u
umask 077
export LC_ALL=C
folder=$1 id=$2 socket=$3 grace=$4 spared=${5-} left=${6-}
agent=$folder/agents/$id
where=-L
if [ -s "$agent/tmux" ] && read -r at 2>/dev/null <"$agent/tmux"; then where=-S socket=$at; fi # the server it was started on
rounds_to_kill=30
unset MNGR_AGENT_ID
trap '' HUP INT TERM PIPE

# Reads /proc; on standard input the marks in environments, on descriptor 3 the panes. Prints `tmux SERVER SESSION PANE`,
# and for each of the agent's processes `proc PID BIRTH FLAGS NAME`; flags: h ignores TERM, t stopped, l comes last.
# shellcheck disable=SC2016
program='
function stat(pid,   line, more, at, part) {
    line = ""
    while ((getline more < ("/proc/" pid "/stat")) > 0) line = line more
    close("/proc/" pid "/stat")
    for (at = length(line); at > 0 && substr(line, at, 1) != ")"; at--);
    if (at == 0) return
    split(substr(line, at + 2), part, " ")
    state[pid] = part[1]; parent[pid] = part[2]; born[pid] = part[20]
    name[pid] = substr(line, index(line, "(") + 1, at - index(line, "(") - 1)
    gsub(/[^ -~]/, "?", name[pid])
}
function stat_of_ps(line,   part) {
    split(line, part, " ")
    state[part[2]] = substr(part[4], 1, 1); parent[part[2]] = part[3]; born[part[2]] = part[7] part[8]
    name[part[2]] = part[10]
}
function below(pid, roots,   hops) {
    for (hops = 0; pid > 1 && hops < 5000; hops++) {
        if (pid in roots) return 1
        pid = parent[pid]
    }
    return 0
}
# Whether a process is of the agent: the nearest thing that says whose it is, on the way up, decides.
function is_ours(pid,   hops) {
    for (hops = 0; pid > 1 && hops < 5000; hops++) {
        if (pid == server || pid in others) return 0
        if (pid in ours) return 1
        pid = parent[pid]
    }
    return 0
}
function ignores_term(pid,   line, digits) {
    while ((getline line < ("/proc/" pid "/status")) > 0)
        if (line ~ /^SigIgn:/) { digits = line; break }
    close("/proc/" pid "/status")
    return substr(digits, length(digits) - 3, 1) ~ /[4-7c-f]/
}
BEGIN {
    srand(); print "now " srand()
    for (i = 1; i < ARGC; i++) {
        if (ARGV[i] ~ /^known=/) { split(substr(ARGV[i], 7), part, ":"); known[part[1]] = part[2] }
        else if (ARGV[i] ~ /^[0-9]+$/) self[ARGV[i]] = 1
        else stat(substr(ARGV[i], 7))
    }
    ARGC = 1
    while ((getline line) > 0) {
        if (line ~ /^ps /) { stat_of_ps(line); continue }
        sub(/^\/proc\//, "", line)
        pid = substr(line, 1, index(line, "/") - 1)
        line = substr(line, index(line, ":") + 1)
        if (pid in mark && mark[pid] != line) mark[pid] = "?"
        else mark[pid] = line
    }
    while ((getline line < "/dev/fd/3") > 0) {
        if (split(line, part, " ") != 6 || part[1] != "pane") continue
        if (server == "") server = part[2]
        if (part[6] == "a" id) {
            ours[part[5]] = 1; session = part[3]; number = substr(part[4], 2) + 0
            if (first == "" || number < first) first = number
        }
        else others[part[5]] = 1
    }
    if (session != "") print "tmux " server " " session " %" first
    for (pid in mark) {
        if (mark[pid] == "MNGR_AGENT_ID=" id) ours[pid] = 1
        else if (mark[pid] != "?") others[pid] = 1
    }
    for (pid in known) if (pid in born && born[pid] == known[pid]) ours[pid] = 1
    for (pid in self) for (up = parent[pid]; up > 1; up = parent[up]) waits[up] = 1
    for (pid in born) {
        if (pid <= 1 || pid == server || state[pid] ~ /[ZX]/ || below(pid, self) || !is_ours(pid)) continue
        print "proc " pid " " born[pid] " -" (ignores_term(pid) ? "h" : "") (state[pid] == "T" ? "t" : "") (pid in waits ? "l" : "") " " name[pid]
    }
}
'

panes() {
    tmux -u "$where" "$socket" list-panes -a -F 'pane #{pid} #{session_id} #{pane_id} #{pane_pid} a#{@mngr_agent}' 2>/dev/null
}

# What is marked as some agent's. Where there is no /proc, all processes as well.
marks() {
    if [ -r /proc/self/stat ]; then
        grep -aosz '^MNGR_AGENT_ID=agent-[0-9a-f]*' /proc/[0-9]*/environ | tr '\0' '\n'
    else
        ps -A -o pid=,ppid=,stat=,lstart=,comm= | sed 's/^/ps /'
        ps -A -E -ww -o pid=,command= |
            sed -n 's|^ *\([0-9]*\) .* \(MNGR_AGENT_ID=agent-[0-9a-f]*\).*|/proc/\1/environ:\2|p'
    fi
}

# The agent's processes now. What was seen before stays known, should it have lost its parent.
scan() {
    for _ in 1 2 3 4 5; do # mawk gives up when a process ends while its state is read
        # shellcheck disable=SC2086  # words, or none
        found=$("$@" | {
            marks | awk -v id="$id" -v server="$server" "$program" $known $$ "$self" $spared /proc/[0-9]*
        } 3<&0) && break
    done
    printf '%s\n' "$found"
}

# Take in what a scan printed: `normal` and `last` are the processes to end, first and at the very end.
take() {
    normal='' last='' hangup='' halted=''
    while read -r kind pid birth flags name; do
        case $kind in
        now) now=$pid ;;
        tmux) server=$pid session=$birth pane=$flags ;;
        proc)
            case "$known " in
            *" known=$pid:$birth "*) ;;
            *)
                known="$known known=$pid:$birth"
                names="$names
$pid:$birth $name"
                ;;
            esac
            case $flags in *l*) last="$last $pid:$birth" ;; *) normal="$normal $pid:$birth" ;; esac
            case $flags in *h*) hangup="$hangup $pid" ;; esac
            case $flags in *t*) halted="$halted $pid" ;; esac
            ;;
        esac
    done <<END
$1
END
}

signal() { # SIGNAL PID[:BIRTH]...
    number=$1
    shift
    for one; do
        kill -"$number" "${one%%:*}" 2>/dev/null
    done
}

lives() { # PID:BIRTH: whether it is still that process, and no zombie
    if [ ! -r /proc/self/stat ]; then
        kill -0 "${1%%:*}" 2>/dev/null
        return
    fi
    stat=
    { while read -r part; do stat=$stat$part; done; } 2>/dev/null <"/proc/${1%%:*}/stat"
    [ "$stat" ] || return 1
    born=${1#*:}
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    case $1 in Z | X) return 1 ;; esac
    [ "${20-}" = "$born" ]
}

nap() { # MILLISECONDS, below a second
    if sleep "0.$(printf %03d "$1")" 2>/dev/null; then
        waited=$((waited + $1))
    else
        sleep 1
        waited=$((waited + 1000))
    fi
}

wait_for() { # LIMIT_MILLISECONDS PID:BIRTH...: until all have gone, or `waited` reaches the limit
    limit=$1 pause=4 looks=0
    shift
    for one; do
        while lives "$one"; do
            looks=$((looks + 1))
            [ "$looks" -gt 40 ] || continue # most end within a millisecond: sleep is a process, a look is not
            [ "$waited" -lt "$limit" ] || return 1
            nap "$pause"
            [ "$pause" -ge 100 ] || pause=$((pause + pause / 2))
        done
    done
}

find_server() { # where its session is, if not where it was looked for: its processes have that in their environment
    for one in $normal $last; do
        at=$(grep -aosz '^TMUX=[^,]*' "/proc/${one%%:*}/environ" | tr '\0' '\n' | sed -n '1s/^TMUX=//p')
        [ -S "$at" ] || continue
        [ "$(tmux -u -S "$at" list-panes -a -f "#{==:#{@mngr_agent},$id}" -F . 2>/dev/null)" ] || continue
        where=-S socket=$at
        return
    done
    return 1
}

report() { # what became of each process
    while read -r one name; do
        case "$refused " in
        *" $one "*) echo "process ${one%%:*} ($name) does not end" >&2 ;;
        *) [ -z "$one" ] || echo "ended ${one%%:*} $name" ;;
        esac
    done <<END
$names
END
}

# shellcheck disable=SC2086
ask() { # PIDS: TERM; where that is ignored (shells at a prompt) what the end of a terminal sends; wake the stopped
    signal TERM "$@"
    signal HUP $hangup
    signal CONT $halted
}

# shellcheck disable=SC2086
end_processes() { # from a first scan: ask, wait, ask newcomers, then insist; `refused` is what is left
    waited=0 rounds=0
    while [ "$normal" ] && [ "$waited" -lt "$limit_ms" ] && [ "$rounds" -lt 50 ]; do
        rounds=$((rounds + 1))
        ask $normal
        wait_for "$limit_ms" $normal || break
        if [ -z "$kept" ]; then
            keep_screen &
            kept=$!
        fi
        take "$(scan true)"
        wait $kept
    done
    rounds=0
    while [ "$normal" ] && [ "$rounds" -lt "$rounds_to_kill" ]; do
        rounds=$((rounds + 1))
        take "$(scan true)"
        signal KILL $normal
        waited=0
        wait_for 1000 $normal
    done
    refused=$normal
}

keep_screen() { # and end the session, which nothing runs in any more
    [ "$session" ] || return
    if tmux -u "$where" "$socket" capture-pane -p -J -S - -t "$pane" \; kill-session -t "$session" >"$agent/screen.new" 2>/dev/null; then
        mv "$agent/screen.new" "$agent/screen"
        rm -f "$agent/tmux"
    else
        rm -f "$agent/screen.new"
    fi
}

# shellcheck disable=SC2086
end_waiting() { # the processes that wait for this script: the agent stops itself
    ask $last
    waited=0
    wait_for "$limit_ms" $last || signal KILL $last
}

command -v tmux >/dev/null 2>&1 || {
    echo "tmux is not on PATH" >&2
    exit 69
}

work() {
    if ! read -r self _ 2>/dev/null </proc/self/stat; then
        self=$(exec sh -c 'echo $PPID')
    fi
    known='' names='' kept='' server='' session='' pane=''
    limit_ms=$((grace * 1000))
    was_wanted=''
    if [ -e "$agent/wanted" ] && [ -z "$left" ]; then
        was_wanted=yes
        rm -f "$agent/wanted" &
    fi
    take "$(scan panes)"
    wait
    if [ -z "$session" ] && find_server; then
        take "$(scan panes)"
    fi
    if [ "$left" ]; then
        [ -z "$session" ] || return 0
    elif [ "$was_wanted$session$names" ]; then
        echo "$now" >"$agent/stopped"
        [ ! -e "$agent/exit" ] || mv "$agent/exit" "$agent/last-exit"
    fi
    end_processes
    [ "$kept" ] || keep_screen
    if [ "$session" ]; then
        printf '{"time": "%s", "source": "mngr", "type": "stopped"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
            >>"$agent/events.jsonl"
    fi
    report
    end_waiting
    if [ -z "$session$names" ]; then
        echo idle
    fi
    [ -z "$refused" ]
}

work &
wait $!
