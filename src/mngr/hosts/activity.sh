# activity.sh: the part of `watchdog.sh` that sees what happened on a host since it looked last; put before it.
#
# `look` leaves in `seen` the first thing that did: lock start user output message file cpu run ssh. What is remembered
# between two looks is what was seen, never when: a time that is not what it was means that something happened.
# shellcheck disable=SC2154,SC2034  # what to look for is said by the settings
export LC_ALL=C
SILENT=600  # a turn in which the terminal shows nothing for longer than that is not under way
blank=' 	
'
newline='
'

saw() { # WORD
    seen=${seen:-$1}
}

fields_of() { # PID: leaves what /proc/PID/stat says after the name in `fields`, and the name in `name`
    fields=
    { read -r fields; } 2>/dev/null <"/proc/$1/stat" || return 1
    name=${fields#*\(}
    name=${name%\)*}
    fields=${fields##*\) }
}

born() { # PID: leaves the time of its birth, in hundredths, in `birth`
    birth=
    fields_of "$1" || return 1
    # shellcheck disable=SC2086
    set -- $fields
    birth=${20-}
    [ -n "$birth" ]
}

see_locks() { # somebody creates, starts, stops or changes an agent, or types; nothing is taken, so nobody is disturbed
    held='' inodes='' proof=''
    IFS=$newline
    # shellcheck disable=SC2046
    set -- $(cat /proc/locks 2>/dev/null)
    IFS=$blank
    for line in "$@"; do
        case $line in
        *' FLOCK '*":${own:--} "*) proof=yes ;;
        *' FLOCK '*":${gate:--} "*) ;;
        *' FLOCK '*)
            line=${line% * *}
            inodes="$inodes ${line##*:}"
            ;;
        esac
    done
    if [ -z "$proof" ]; then
        try_locks
    elif [ -n "$inodes" ]; then
        # shellcheck disable=SC2012  # of no name is anything read
        for inode in $(ls -di -- "$home"/agents/*/*lock "$home"/making/* "$home"/programs/*.lock "$home"/*.lock \
            2>/dev/null | awk '{ print $1 }'); do
            case "$inodes " in
            *" $inode "*) held=yes ;;
            esac
        done
    fi
    [ -z "$held" ] || saw lock
}

try_locks() { # where the kernel does not tell
    for file in "$home"/agents/*/*lock "$home"/making/* "$home"/programs/*.lock "$home"/*.lock; do
        case $file in
        */watchdog.lock | */stopping.lock) continue ;;
        esac
        if [ -f "$file" ] && [ ! -L "$file" ]; then
            (lock -x 7) 7<"$file" || held=yes
        fi
    done
}

see_foregrounds() { # runs without a session
    for file in "$home"/agents/*/foreground; do
        [ -f "$file" ] || continue
        pid='' since_birth=''
        { read -r pid since_birth; } 2>/dev/null <"$file"
        if is_number "$pid" && born "$pid" && [ "$birth" = "$since_birth" ]; then
            saw run
            roots="$roots $pid"
        fi
    done
}

# A client hands its streams to the server. One that was halted keeps them, so the end of the reader is bounded as well.
panes() {
    case $socket in
    /*) set -- -S "$socket" ;;
    *) set -- -L "$socket" ;;
    esac
    # shellcheck disable=SC2086
    $bounded tmux -u "$@" list-panes -a -F "#{pid} #{session_id} #{window_index} #{pane_id} #{pane_pid} #{pane_dead} \
#{session_activity} #{window_activity} #{session_attached} a#{=38:@mngr_agent}" 2>&1 </dev/null | $bounded cat
}

see_sessions() {
    said=$(panes)
    roots='' turns='' new_users='' new_outputs='' new_starts='' some_pane='' attached=0
    case $said in
    [0-9]*) ;;
    *"no server running"* | *"No such file"* | *"Connection refused"* | *"not found"*) said='' ;;
    *) return ;; # it does not answer: nobody knows
    esac
    set -f
    IFS=$newline
    # shellcheck disable=SC2086
    set -- $said
    IFS=$blank
    for line in "$@"; do
        # shellcheck disable=SC2086
        see_pane $line
    done
    set +f
    users=$new_users outputs=$new_outputs starts=$new_starts
    if [ -n "$some_pane" ]; then
        had_sessions=yes none_since=
    elif [ -n "$had_sessions" ]; then
        none_since=${none_since:-$now}
    fi
}

see_pane() { # SERVER SESSION WINDOW PANE PID DEAD KEYS OUTPUT ATTACHED AGENT
    [ $# -ge 10 ] && is_number "$5" && is_number "$8" && is_number "$9" || return 0
    some_pane=yes
    case $starts in *" $1:$2 "*) ;; *) saw start ;; esac
    case $users in *" $2:$7 "*) ;; *) [ -z "$of_user" ] || saw user ;; esac
    case $outputs in *" $4:$8 "*) ;; *) [ -z "$of_agent" ] || saw output ;; esac
    case $new_users in *" $2:"*) ;; *) attached=$((attached + $9)) ;; esac
    new_starts="$new_starts $1:$2 " new_users="$new_users $2:$7 " new_outputs="$new_outputs $4:$8 "
    [ "$6" = 0 ] || return 0
    roots="$roots $5"
    [ -n "$of_run" ] && [ "$3" = 0 ] || return 0
    case ${10#a} in
    agent-*[!0-9a-f]* | [!a]* | '') ;;
    *) see_program "$home/agents/${10#a}" "$5" "$8" ;;
    esac
}

see_program() { # AGENT PID OUTPUT: whether a program that lives is at work; what it says of itself comes first
    if [ -f "$1/registry/$2.json" ]; then
        text=
        { read -r text; } 2>/dev/null <"$1/registry/$2.json"
        case $text in
        *'"status":"idle"'* | *'"status":"waiting"'*) return ;;
        esac
    elif [ -s "$1/signs" ] && [ -f "$1/signs" ]; then
        [ $((now + offset - $3)) -gt $((SILENT + timeout)) ] || turns="$turns agents/${1##*/}/signs"
        return
    elif is_prompt "$2"; then
        return
    fi
    saw run
}

is_prompt() { # PID: a shell to which nothing was given to do
    pid=$1
    fields_of "$pid" && [ -e "/proc/$pid/task/$pid/children" ] || return 1
    text=
    [ "$name" != busybox ] || { read -r text; } 2>/dev/null <"/proc/$pid/cmdline"
    case $name$text in
    *sh | *busyboxsh* | *busyboxash*) ;; # its words, without what is between them
    *) return 1 ;;
    esac
    # shellcheck disable=SC2086
    set -- $fields
    child=
    { read -r child; } 2>/dev/null <"/proc/$pid/task/$pid/children"
    [ "$1" = S ] && [ "$3" = "$6" ] && [ -z "$child" ]
}

see_turns() { # what the hooks of programs said last; that a conversation has begun says nothing
    [ -n "$turns" ] && [ -z "$seen" ] || return 0
    # shellcheck disable=SC2086
    said=$(cd "$home" && awk '$3 != "session" { last[FILENAME] = $3 } END {
        for (file in last) if (last[file] ~ /^(begun|answered|retrying)$/) { print "yes"; exit } }' $turns 2>/dev/null)
    [ -z "$said" ] || saw run
}

see_files() { # messages to agents; what agents say by touching a file, and their hooks
    names=
    [ -z "$of_user" ] || names='agents/*/outbox.jsonl agents/*/told'
    [ -z "$of_agent" ] || names="$names activity agents/*/activity agents/*/signs"
    [ -n "$names" ] || return 0
    # shellcheck disable=SC2086
    said=$(cd "$home" && $times $names 2>/dev/null </dev/null)
    IFS=$newline
    set -f
    # shellcheck disable=SC2086
    set -- $said
    set +f
    IFS=$blank
    for line in "$@"; do
        case $newline$files$newline$line in
        *"$newline$line$newline"*) ;;
        *outbox.jsonl | *told) saw message ;;
        *signs) saw output ;;
        *) saw file ;;
        esac
    done
    files=$said
}

measure() { # leaves hundredths of seconds of a processor's time in `sum`
    sum=
    if [ "$cpu" = host ]; then
        if { read -r _ sum; } 2>/dev/null </sys/fs/cgroup/cpu.stat; then
            sum=${sum%????}
        elif { read -r sum; } 2>/dev/null </sys/fs/cgroup/cpuacct/cpuacct.usage; then
            sum=${sum%???????}
        fi
        [ -z "$sum" ] || return 0
    fi
    sum=0
    [ -n "$roots" ] || return 0
    # shellcheck disable=SC2086
    sum=$(awk "$below" $roots /proc/[0-9]*/stat 2>/dev/null) # mawk gives up when a process ends under it
}

# shellcheck disable=SC2016
below='
BEGIN {
    for (i = 1; i < ARGC; i++) {
        if (ARGV[i] ~ /^[0-9]+$/) { root[ARGV[i]] = 1; continue }
        line = ""
        while ((getline more < ARGV[i]) > 0) line = line more
        close(ARGV[i])
        for (at = length(line); at > 0 && substr(line, at, 1) != ")"; at--);
        if (at == 0) continue
        split(substr(line, at + 2), part, " ")
        pid = ARGV[i]; gsub(/[^0-9]/, "", pid)
        parent[pid] = part[2]; used[pid] = part[12] + part[13] + part[14] + part[15]
    }
    for (pid in used) {
        for (up = pid; up > 1 && !(up in root) && hops++ < 1000000; up = parent[up]);
        if (up in root) sum += used[pid]
    }
    printf "%.0f\n", sum
}'

see_work() { # too short a time says nothing
    [ -n "$of_agent" ] || return 0
    [ -z "$used" ] || [ $((ticks - used_at)) -ge 50 ] || return 0
    measure
    is_number "$sum" || return 0
    if [ -n "$used" ] && [ $(((sum - used) * 100)) -ge $((percent * (ticks - used_at))) ]; then
        saw cpu
    fi
    used=$sum used_at=$ticks
}

see_terminals() { # a terminal that somebody logged in from; connections without one do not count
    if [ -d /proc/1 ]; then
        set -- /dev/pts/[0-9]*
        [ -e "$1" ] && grep -lsE '^sshd(-session)?: [^@]*@pts/' /proc/[0-9]*/cmdline >/dev/null
    else
        # shellcheck disable=SC2009  # pgrep is not everywhere
        ps -A -o command= | grep -E '^sshd(-session)?: [^@]*@ttys' >/dev/null
    fi && saw ssh
}

look() { # leaves in `seen` what happened since the last look, if anything did
    seen=
    see_locks
    see_sessions
    [ -z "$held" ] || none_since=
    if [ -n "$living" ]; then
        see_foregrounds
        see_turns
        see_files
        see_work
        [ -z "$of_ssh" ] || see_terminals || :
    fi
}

