#!/bin/sh
# Shows all that can be seen of the agents on a host: probe.sh FOLDER SOCKET [+SERVER...] [NAME|ID|DIGITS...]
#
# Two processes do the work, side by side: one tmux call, and one awk that reads every file. A line of output is
# a kind, the agent or pane it is about, and last of all what was read, so that nothing an agent wrote can look
# like a line about another agent. `probe.py` reads it. The last line is `end`.

LC_ALL=C
folder=$1 socket=$2
export LC_ALL folder
shift 2
servers= # further ones, by the paths of their sockets: `elsewhere.sh` finds them
while [ "${1-}" != "${1#+}" ]; do
    servers="$servers${1#+}
" && shift
done

hex='[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
hex=$hex$hex$hex$hex

panes() {
    command -v tmux >/dev/null || { echo 'tmux is not on PATH' && return; }
    set -- '#{session_id} #{window_index} #{pane_id} #{pane_pid} #{pane_dead}' \
        's#{pane_dead_status} g#{pane_dead_signal} t#{pane_dead_time} y#{pane_tty}' \
        '#{session_created} #{session_activity} #{window_activity} #{session_attached}' \
        '#{session_name}:a#{=38:@mngr_agent}:'
    # What runs in the foreground costs tmux as much as all the rest. Where there is /proc, it is read there.
    [ -r /proc/self/stat ] || set -- "$*#{s/[^ -9;-~]/?/:pane_current_command}"
    # Until a program names it, a terminal has the host's name.
    set -- "$*:#{?#{==:#{pane_title},#{host}},,#{=200:pane_title}}"
    [ "$servers" ] || exec tmux -u -L "$socket" list-panes -a -F "pane $*" 2>&1
    tmux -u -L "$socket" list-panes -a -F "pane $*" 2>&1
    printf %s "$servers" | while read -r server; do
        echo "server $server"
        tmux -u -S "$server" list-panes -a -F "pane $*" 2>/dev/null
    done
}

# One line an agent: its id, and a letter for each thing in its folder. What is not a plain file is never opened.
agents() {
    if [ -f "$folder/host.json" ] && read -r host <"$folder/host.json"; then
        echo "host $host"
    fi
    if [ -f "$folder/watchdog.sh" ] && [ -f "$folder/idle" ]; then
        if [ -f "$folder/watchdog.lock" ]; then echo watchdog lock; else echo watchdog; fi
    fi
    if [ -e "$folder/agents" ] && ! { [ -x "$folder/agents" ] && [ -r "$folder/agents" ]; }; then
        echo "problem $folder/agents cannot be read"
    fi
    if [ $# -gt 0 ]; then
        chosen "$@"
        return
    fi
    # shellcheck disable=SC2231
    for id in agent-$hex; do
        agent
    done
}

meant() {
    # shellcheck disable=SC2254
    case $id in
        agent-$hex) [ -d "$id" ] && agent && found=yes ;;
    esac
}

chosen() {
    for word in "$@"; do
        found=
        for id in agent-"${word#agent-}"*; do meant; done
        name=$folder/names/$word
        [ -f "$name" ] && read -r id <"$name" && meant
        [ "$found" ] || echo "unknown $word"
    done
}

# `making.json` is looked for before `record.json`: the end of a create replaces the one by the other.
agent() {
    has=
    [ -f "$id/making.json" ] && has=m
    if [ -f "$id/record.json" ]; then
        has=${has}r
    elif [ -e "$id/record.json" ] || [ -L "$id/record.json" ]; then
        # It may have been written between the two looks.
        if [ -f "$id/record.json" ]; then has=${has}r; else has=${has}R; fi
    elif [ ! -d "$id" ]; then
        return
    fi
    if [ -f "$id/exit" ]; then
        has=${has}e
    elif [ -f "$id/stopped" ]; then
        has=${has}t
    fi
    [ -f "$id/wanted" ] && has=${has}w
    [ -f "$id/signs" ] && has=${has}s
    [ -f "$id/told" ] && has=${has}o
    [ -L "$id/registry" ] && has=${has}g
    [ -f "$id/foreground" ] && has=${has}f
    # A link to the workspace spares a file to be read, and a question to be asked, for each agent.
    if [ -L "$id/work" ]; then
        [ -d "$id/work" ] || has=${has}x
    elif [ -f "$id/work_dir" ]; then
        has=${has}d
    fi
    echo "$id ${has:--}"
}

# shellcheck disable=SC2016
program='
function words_of(path, most, between,   line, text, size) {
    text = ""; size = 0
    while ((got = (getline line < path)) > 0) {
        size += length(line) + 1
        if (size > most) { got = -2; break }
        text = size == length(line) + 1 ? line : text between line
    }
    close(path)
    return got < 0 ? "" : text
}
function show(kind, id, path, most,   line, size) {
    size = 0
    while ((got = (getline line < path)) > 0) {
        printf "%s", size ? " " line : kind " " id " " line
        size += length(line) + 1
        if (size > most) { got = -2; break }
    }
    close(path)
    if (got == -1) unread[path] = id " " kind
    else if (size == 0) printf "%s", kind " " id " "
    if (size || got != -1) print ""
    if (got == -2) print "odd " id " " kind " is too large"
}
# What the last sign tells of, where that is a question or an error, stands in a file beside it.
function show_signs(id, path,   line, count, size, i, kept) {
    while ((got = (getline line < path)) > 0) {
        kept[count++ % 20] = substr(line, 1, 1000)
        if ((size += length(line) + 1) > 1000000) { got = -2; break }
    }
    close(path)
    if (got == -1) unread[path] = id " signs"
    if (got == -2) print "odd " id " signs are too many"
    else for (i = (count > 20 ? count - 20 : 0); i < count; i++) print "sign " id " " kept[i % 20]
    if (kept[(count + 19) % 20] ~ / (asked|failed|retrying)$/ && (line = words_of(id "/asked", 20000, " ")) != "") print "asked " id " " line
}
# What a program keeps in a file about its own process; one that an earlier process left says nothing.
function show_registry(id, pid,   text) {
    text = words_of(id "/registry/" pid ".json", 20000, " ")
    if (text ~ /"procStart":"[0-9]+"/ && linux && read_stat(pid) && index(text, "\"procStart\":\"" born[pid] "\"") == 0) return
    if (text != "") print "registry " id " " text
}
function read_stat(pid,   line, at, part) {
    if (pid in stat_state) return stat_state[pid] != ""
    stat_state[pid] = ""
    if ((getline line < ("/proc/" pid "/stat")) > 0) {
        at = index(line, ")")
        if (index(substr(line, at + 1), ")")) for (at = length(line); substr(line, at, 1) != ")"; at--);
        # Its last field but two says how a zombie ended; of others the first part is enough, and cheaper.
        split(substr(line, at + 2, substr(line, at + 2, 1) == "Z" ? 2000 : 150), part, " ")
        comm[pid] = substr(line, index(line, "(") + 1, at - index(line, "(") - 1)
        stat_state[pid] = part[1]; group[pid] = part[3]; tty[pid] = part[5]; front[pid] = part[6]
        threads[pid] = part[18]; born[pid] = part[20]; above[pid] = part[2]
    }
    close("/proc/" pid "/stat")
    return stat_state[pid] != ""
}
# Whether the process lives that a file names by its number and the time of its birth.
function lives(path,   part) {
    split(words_of(path, 1000, " "), part, " ")
    return part[1] ~ /^[0-9]+$/ && read_stat(part[1]) && stat_state[part[1]] != "Z" && born[part[1]] == part[2]
}
# Where something should watch the host for idleness, it does: its lock says which process it is.
function see_to_watchdog(has_lock) {
    if (words_of("../idle", 10000, "\n") ~ /(^|\n)mode=disabled(\n|$)/ || (has_lock && linux && lives("../watchdog.lock"))) return
    system("exec sh \"$folder/watchdog.sh\" ensure \"$folder\" </dev/null >/dev/null 2>&1 3<&- &")
}
function read_agent(id, has) {
    print "agent " id " " has
    if (has ~ /R/) print "odd " id " record is not a plain file"
    if (has ~ /r/) show("record", id, id "/record.json", 4000000)
    else if (has ~ /m/) show("making", id, id "/making.json", 4000000)
    if (has ~ /e/) show("exit", id, id "/exit", 1000)
    if (has ~ /s/) show_signs(id, id "/signs")
    if (has ~ /o/) show_signs(id, id "/told")
    if (has ~ /t/) show("stopped", id, id "/stopped", 1000)
    if (has ~ /f/ && linux) print "alive " id " " lives(id "/foreground")
    if (has ~ /w/ && linux) starts[id] = 1
    if (has ~ /g/) registers[id] = 1
    if (has ~ /x/) print "missing " id
    if (has ~ /d/) check_work_dir(id, words_of(id "/work_dir", 10000, "\n"))
}
# One shell tests everything that awk cannot see: folders, and whether what could not be opened is there.
function check_work_dir(id, path) {
    if (path == "") return
    gsub(/\047/, "\047\\\047\047", path)
    checks = checks "[ -d \047" path "\047 ] || echo missing " id "\n"
    if (length(checks) > 50000) run_checks()
}
function run_checks(   line) {
    while ((checks | getline line) > 0) print line
    close(checks)
    checks = ""
}
# What could not be opened was unreadable, or has gone since its folder was listed.
function check_unread(   path) {
    for (path in unread) {
        checks = checks "if [ -f " path " ]; then echo odd " unread[path] " cannot be read; else echo gone " unread[path] "; fi\n"
        if (length(checks) > 50000) run_checks()
    }
    if (checks != "") run_checks()
}
# What a process is doing: reads (perhaps, if one of its files is a terminal), busy, idle, or unknown.
function doing(pid,   line, part, path) {
    if (!read_stat(pid) || stat_state[pid] == "Z") return "idle"
    if (stat_state[pid] != "S") return "busy"
    path = "/proc/" pid "/syscall"
    got = (getline line < path)
    close(path)
    if (got <= 0 || line == "") return from_wchan(pid)
    split(line, part, " ")
    if (part[1] == "running") return "busy"
    line = from_call(pid, call[part[1]], part)
    if (threads[pid] == 1) return line
    if (!(pid in crowd)) crowd[pid] = 0
    return line ~ /^\// ? line : "unknown"
}
function from_call(pid, name, part) {
    if (name == "wait") return "idle"
    if (name == "read") return needs(pid, number(part[2]))
    if (name == "select" && part[6] != "0x0") return "busy"
    if (name == "select" && part[2] == "0x1" && part[3] != "0x0") return needs(pid, 0)
    if (name == "poll" && part[4] !~ /^0x(ffffffff)?ffffffff$/) return "busy"
    if (name == "ppoll" && part[4] != "0x0") return "busy"
    if (name ~ /^(select|poll|ppoll)$/ && part[name == "select" ? 2 : 3] != "0x0") return needs(pid, "*")
    return name ~ /^(other|futex|signal)$/ ? "busy" : "unknown"
}
function from_wchan(pid,   line, path) {
    path = "/proc/" pid "/wchan"
    got = (getline line < path)
    close(path)
    return got > 0 && line == "n_tty_read" ? "reads" : "unknown"
}
function number(text,   i, sum) {
    for (i = 3; i <= length(text); i++) sum = sum * 16 + index("123456789abcdef", substr(text, i, 1))
    return sum
}
function needs(pid, file) {
    file = "/proc/" pid "/fd/" file
    wants[file] = pid
    return file
}
# The numbers of calls that end when something comes in, or a child ends; `other`: nothing a terminal has to do with.
function learn_calls(   machine) {
    if ((getline machine < "/proc/sys/kernel/arch") <= 0) "exec uname -m" | getline machine
    if (machine == "x86_64") {
        learn("read", "0 19"); learn("select", "23 270"); learn("poll", "7"); learn("ppoll", "271")
        learn("wait", "61 247 34 130"); learn("other", "35 230 1 257 42 43 45 47 288 73 72")
        learn("futex", "202"); learn("signal", "128")
    } else if (machine == "aarch64") {
        learn("read", "63 65"); learn("select", "72"); learn("ppoll", "73")
        learn("wait", "260 95 133"); learn("other", "101 115 64 56 203 202 242 207 212 32 25")
        learn("futex", "98"); learn("signal", "137")
    }
}
function learn(name, numbers,   part, count, i) {
    count = split(numbers, part, " ")
    for (i = 1; i <= count; i++) call[part[i]] = name
}
function learn_groups(   line, part, count, i, pid) {
    line = "echo /proc/[0-9]*"
    line | getline part_text
    close(line)
    count = split(part_text, part, " ")
    for (i = 1; i <= count; i++) {
        pid = substr(part[i], 7)
        if (read_stat(pid)) members[group[pid]] = members[group[pid]] " " pid
    }
}
# Where the descriptors lead that somebody waits at, and what the other threads of those processes do. A name seen twice was forged, and counts for nothing.
function learn_files(   path, list, count, tasks) {
    for (path in wants) {
        list = list " " path
        if (wants[path] in crowd) tasks = tasks " /proc/" wants[path] "/task/[0-9]*/syscall"
        if (++count % 2000 == 0) { read_links(list); list = "" }
    }
    if (list != "") read_links(list)
    if (tasks != "") read_threads("exec grep . /dev/null" tasks " 2>/dev/null")
}
# Count the threads that only another thread or a signal can wake: futex, rt_sigtimedwait without a time limit.
function read_threads(list,   line, part) {
    while ((list | getline line) > 0) {
        split(line, part, /[\/: ]+/)
        if (call[part[7]] == "futex" && part[11] == "0x0" || call[part[7]] == "signal" && part[10] == "0x0") crowd[part[3]]++
    }
    close(list)
}
function read_links(list,   line, at, path, part) {
    list = "exec ls -l" list " 2>/dev/null"
    while ((list | getline line) > 0) {
        if (line !~ /^l.* \/proc\/[0-9]+\/fd\/[0-9]+ -> /) continue
        at = match(line, /\/proc\/[0-9]+\/fd\/[0-9]+ -> /)
        path = substr(line, at, RLENGTH - 4)
        if (path in leads) leads[path] = "?"
        else leads[path] = substr(line, at + RLENGTH)
        split(path, part, "/")
        files[part[3]] = files[part[3]] " " path
    }
    close(list)
}
# Whether a descriptor is the terminal; of `*` whether all are, but for /dev/null: then it can wait for nothing else.
function is_terminal(path, pane,   pid, part, count, i, found) {
    pid = wants[path]
    if (tty[pid] != tty[pane]) return 0
    if (path !~ /\*$/) return leads[path] == name_of[pane] || leads[path] == "/dev/tty"
    count = split(files[pid], part, " ")
    for (i = 1; i <= count; i++) {
        if (leads[part[i]] == name_of[pane] || leads[part[i]] == "/dev/tty") found = 1
        else if (leads[part[i]] != "/dev/null") return 0
    }
    return found
}
# 1: its foreground processes wait for the terminal; 0: they do not; nothing: it cannot be told.
function verdict(pane,   part, count, i, what, reader, unsure, pipe) {
    count = split(members[front[pane]], part, " ")
    if (count == 0) return ""
    for (i = 1; i <= count; i++) {
        what = doing(part[i])
        if (what == "busy") return 0
        if (what == "unknown" || (part[i] in crowd && crowd[part[i]] != threads[part[i]] - 1)) unsure = 1
        else if (what == "reads" || (what ~ /^\// && is_terminal(what, pane))) reader = 1
        else if (what ~ /\*$/) unsure = 1
        else if (what != "idle") pipe = 1
    }
    if (unsure || (reader && pipe)) return ""
    return reader + 0
}
function program(pid,   name) {
    name = front[pid] > 0 && read_stat(front[pid]) ? comm[front[pid]] : comm[pid]
    gsub(/[^ -~]/, "?", name)
    return name
}
function is_launcher(pid,   line) {
    line = ""
    getline line < ("/proc/" pid "/cmdline")
    close("/proc/" pid "/cmdline")
    return line ~ /mngr-launch/
}
# tmux misses the end of a child now and then, and leaves a zombie: it is said how that ended, and tmux is told to look.
function show_missed(pid,   line, part, count) {
    if (!read_stat(pid) || stat_state[pid] != "Z") return 0
    getline line < ("/proc/" pid "/stat")
    close("/proc/" pid "/stat")
    count = split(line, part, " ")
    print "ended " pid " " part[count]
    system("kill -CHLD " above[pid] " 2>/dev/null")
    return 1
}
function show_terminals(   pid, what, lazy, i, part, count) {
    for (pid in name_of) if (!show_missed(pid) && read_stat(pid)) {
        what = front[pid] == group[pid] && doing(pid) == "busy"
        print "runs " pid " " (what ? 0 : "-") " " (comm[pid] ~ /sh$|^busybox$/ && is_launcher(pid)) " " program(pid)
        if (!what && front[pid] > 0) lazy[pid] = 1
    }
    for (pid in lazy) { learn_groups(); break }
    for (pid in lazy) {
        count = split(members[front[pid]], part, " ")
        for (i = 1; i <= count; i++) doing(part[i])
    }
    learn_files()
    for (pid in lazy) if ((what = verdict(pid)) != "") print "reads " pid " " what
}
BEGIN {
    srand(); print "mngr-probe 1 " srand()
    linux = (getline line < "/proc/self/stat") > 0
    while ((getline line) > 0) {
        if (line ~ /^(host|unknown|problem) /) print line
        else if (line ~ /^watchdog/) see_to_watchdog(line ~ /lock/)
        else { split(line, part, " "); read_agent(part[1], part[2]) }
    }
    check_unread()
    while ((getline line < "/dev/fd/3") > 0) {
        if (line ~ /^server \//) { print line; continue }
        if (line !~ /^pane /) { print "tmux " line; continue }
        print line
        split(line, part, " ")
        id = substr(line, index(line, ":a") + 2, 38)
        delete starts[id]
        if (id in registers && part[3] == 0 && part[6] == 0) show_registry(id, part[5])
        if (linux && part[6] == 1 && part[7] part[8] == "sg" && part[5] ~ /^[0-9]+$/) show_missed(part[5])
        if (part[6] == 0 && part[5] ~ /^[0-9]+$/) name_of[part[5]] = substr(part[10], 2)
    }
    for (id in starts) if (lives(id "/wanted")) print "starting " id
    for (pid in name_of) if (linux) { learn_calls(); show_terminals(); break }
    print "end"
}
'

panes | {
    cd "$folder/agents" 2>/dev/null || cd / || exit
    agents "$@" | awk "$program"
} 3<&0
