# watchdog.sh ensure|run FOLDER: what is put on hosts is `activity.sh` and then this.
# Stops a host that has been idle for long enough, or whose last session has ended. `ensure` starts it unless it runs;
# it then works on in the background, one round every quarter of the timeout (1 to 60 seconds).
#
# FOLDER has its settings (`idle`), lines KEY=TEXT that `watch.sh` writes and each round reads anew:
#   mode=WORD...        user agent io ssh run start boot create; `disabled`, or no file: nothing is watched
#   timeout=SECONDS     after so long without activity the host is stopped
#   stop=COMMAND        shell text that stops the host, run by this very shell
#   ended=SECONDS       so long after the last session has ended the host is stopped; empty: that stops nothing
#   created=SECONDS     when the host was made, since 1970
#   cpu=agents|host     whose work counts; in a container `host` is the whole container, and costs next to nothing
#   percent=NUMBER      how busy a processor must be kept for that to count as work
#   socket=NAME|PATH    mngr's tmux server
#   folder=PATH         where agents are, if it is not FOLDER: for a FOLDER that agents cannot reach
#
# It writes `idle.json` each round, and `stop_reason.json` before it stops the host. What cannot be written, on a full
# disk, changes nothing. Something happened when a sign (a time that tmux or a file tells, whatever it is) is not what it
# was a round ago; how long ago that was is told by the uptime. So no change of the clock makes a host look idle.
# shellcheck disable=SC2034,SC2154  # `activity.sh` uses what is said here, and says what it saw
set -u
umask 077
export LC_ALL=C
what=$1 folder=$2
PATIENCE=60 # a lock delays the end of a host whose lifetime is fixed by so many seconds at most, or by another timeout

lock() { # -s|-x DESCRIPTOR: take the lock of an open file at once, or fail
    if command -v flock >/dev/null 2>&1; then
        flock -n "$1" "$2"
    else
        perl -MFcntl=:flock -e '
            open(my $f, "<&=", $ARGV[1]) && flock($f, LOCK_NB | ($ARGV[0] eq "-s" ? LOCK_SH : LOCK_EX)) || exit 1' "$1" "$2"
    fi 2>/dev/null
}

is_number() {
    case $1 in
    '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;;
    esac
}

# Fails when nothing is to be watched. Settings that make no sense leave those that are known.
read_settings() {
    [ -f "$folder/idle" ] && [ -O "$folder/idle" ] || return 1
    new_mode='' new_timeout='' new_stop='' new_ended='' new_created=''
    new_cpu=agents new_percent=5 new_socket=mngr new_home=$folder
    while read -r line; do
        text=${line#*=}
        case $line in
        mode=*) new_mode=$text ;;
        timeout=*) new_timeout=$text ;;
        stop=*) new_stop=$text ;;
        ended=*) new_ended=$text ;;
        created=*) new_created=$text ;;
        cpu=*) new_cpu=$text ;;
        percent=*) new_percent=$text ;;
        socket=*) new_socket=$text ;;
        folder=*) new_home=$text ;;
        esac
    done 2>/dev/null <"$folder/idle"
    [ "$new_mode" != disabled ] || return 1
    if make_sense; then
        mode=$new_mode timeout=$new_timeout stop=$new_stop ended=$new_ended
        cpu=$new_cpu percent=$new_percent socket=$new_socket home=$new_home made=$new_created
        choose
    fi
    [ -n "${mode-}" ]
}

make_sense() {
    for word in $new_mode; do
        case $word in
        user | agent | io | ssh | run | start | boot | create) ;;
        *) return 1 ;;
        esac
    done
    [ -n "$new_mode" ] && [ -n "$new_stop" ] && [ -d "$new_home" ] || return 1
    is_number "$new_timeout" && is_number "$new_percent" || return 1
    [ -z "$new_ended" ] || is_number "$new_ended" || return 1
    [ -z "$new_created" ] || is_number "$new_created" || return 1
}

choose() { # what is to be looked at; `living` where not only fixed moments count
    living='' of_user='' of_agent='' of_ssh='' of_run='' of_boot='' of_create=''
    for word in $mode; do
        case $word in
        user) of_user=yes ;;
        agent) of_agent=yes ;;
        io) of_user=yes of_agent=yes ;;
        ssh) of_ssh=yes ;;
        run) of_run=yes ;;
        boot) of_boot=yes ;;
        create) of_create=yes ;;
        esac
        case $word in
        boot | create) ;;
        *) living=yes ;;
        esac
    done
    period=$((timeout / 4))
    [ "$period" -ge 1 ] || period=1
    [ "$period" -le 60 ] || period=60
}

tell_time() { # hundredths of seconds, and seconds, since the machine came up, where that can be had
    up=
    { read -r up _; } 2>/dev/null </proc/uptime
    if [ -n "$up" ]; then
        ticks=${up%.*}${up#*.}
        while :; do
            case $ticks in
            0?*) ticks=${ticks#0} ;;
            *) break ;;
            esac
        done
    else
        ticks=$(date +%s)00
    fi
    now=$((ticks / 100))
}

begin() { # what is found out once
    if born 1; then boot_at=$((birth / 100)); else boot_at=$now; fi
    if stat -c %Y / >/dev/null 2>&1; then times='stat -c %Y:%n'; else times='stat -f %m:%N'; fi
    # The client of a server that was halted heeds no TERM.
    bounded="timeout -s KILL $((period < 8 ? period + 2 : 10))"
    $bounded true 2>/dev/null || bounded=
    # shellcheck disable=SC2046  # the inode, then the name
    set -- $(ls -di -- "$folder/watchdog.lock" 2>/dev/null)
    own=${1-}
    # shellcheck disable=SC2046
    set -- $(ls -di -- "$folder/stopping.lock" 2>/dev/null)
    gate=${1-}
    before=$ticks fresh=yes users='' outputs='' starts='' files='' used=''
}

find_creation() { # the moment the host was made, told as an uptime: later changes of the clock do not touch it
    [ "$created" != "${made:-none}" ] || return 0
    created=${made:-none} create_at=$boot_at
    [ -n "$made" ] || return 0
    age=$((now + offset - made))
    [ "$age" -ge 0 ] || age=0
    create_at=$((now - age))
}

find_since() { # where the idle period begins, and why there
    since=
    if [ -n "$living" ]; then since=$last why=$source; fi
    if [ -n "$of_boot" ] && [ "${since:-$boot_at}" -le "$boot_at" ]; then since=$boot_at why=boot; fi
    if [ -n "$of_create" ] && [ "${since:-$create_at}" -le "$create_at" ]; then since=$create_at why=create; fi
}

consider() { # leaves in `over` why the host is to be stopped, if it is
    over=
    read_settings || retire
    tell_time
    passed=$(((ticks - before) / 100))
    was=$offset offset=$(($(date +%s) - now))
    case $((offset - was)) in
    1 | -1) offset=$was ;; # two clocks that are cut to seconds
    esac
    if [ "$ticks" -lt "$before" ] || [ "$passed" -gt $((3 * period + 2)) ]; then
        # The machine slept, or was a snapshot: nobody can tell what has been.
        [ "$ticks" -ge "$before" ] || created=unknown
        begin
        note_activity clock
    fi
    find_creation
    [ "$mode $timeout" = "${settled-$mode $timeout}" ] || note_activity settings
    settled="$mode $timeout"
    before=$ticks
    look
    [ -n "$fresh" ] || [ -z "$seen" ] || note_activity "$seen"
    fresh=
    find_since
    is_forced || forced=
    if [ $((now - since)) -ge "$timeout" ] && { [ -n "$living$forced" ] || [ -z "$held" ]; }; then
        over=timeout
    elif [ -n "$ended" ] && [ -n "$none_since" ] && [ $((now - none_since)) -ge "$ended" ] && ! see_terminals; then
        over=ended
    fi
}

is_forced() { # whether a lifetime is fixed, and over for so long that no lock counts any more: an agent may hold it
    [ -z "$living" ] && [ $((now - since)) -ge $((timeout + (timeout < PATIENCE ? timeout : PATIENCE))) ] && forced=yes
}

note_activity() { # SOURCE
    last=$now source=$1 none_since=
}

summarize() { # leaves what was seen in `text`, as the inside of a JSON object; nothing in it comes from agents
    text='"version": 1, "now": '$((now + offset))', "mode": "'$mode'", "timeout_seconds": '$timeout
    text=$text', "last_activity": '$((since + offset))', "source": "'$why'", "deadline": '$((since + timeout + offset))
    text=$text', "attached": '${attached:-0}', "stop_failed": '${failed:-null}
    [ -z "$none_since" ] || text=$text', "sessions_ended": '$((none_since + offset))
}

write_down() {
    summarize
    { printf '{%s}\n' "$text" >"$folder/idle.json.new" && mv -f "$folder/idle.json.new" "$folder/idle.json"; } 2>/dev/null
}

# Whoever creates or starts takes the agent's lock first, and then passes `stopping.lock` (claim.sh, lock.sh). We hold
# that first, and then look for locks once more. So either we see the lock and let the host be, or whoever took it comes
# to a closed gate, and knows that the host is stopping. A gate whose holder was killed is open.
decide() {
    if true 8>>"$folder/stopping.lock"; then
        exec 8>>"$folder/stopping.lock"
        lock -x 8 || over=$forced # somebody is just passing
    fi 2>/dev/null
    [ -z "$over" ] || consider
    [ -z "$over" ] || stop_host
    exec 8>&-
}

stop_host() {
    summarize
    { printf '{%s, "why": "%s"}\n' "$text" "$over" >"$folder/stop_reason.json"; } 2>/dev/null
    if [ -z "$alone$failed" ]; then
        { printf '{"time": "%s", "source": "watchdog", "type": "host_stopped", "why": "%s"}\n' \
            "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$over" >>"$folder/events.jsonl"; } 2>/dev/null
    fi
    failed=0
    eval "$stop" </dev/null >/dev/null 2>&1 8>&- 9>&- || failed=$?
    # What stops a host takes a moment. One that will not stop is told so again and again, and used meanwhile.
    rounds=0
    while [ "$failed" = 0 ] && [ "$rounds" -lt 20 ]; do
        rounds=$((rounds + 1))
        sleep 1 8>&- 9>&-
    done
    tell_time
    before=$ticks
    rm -f "$folder/stop_reason.json" "$folder/idle.json.new"
}

retire() { # there is nothing to watch any more
    trap - EXIT
    exec 9>&-
    # Settings that came just now saw that we watch, and nobody would.
    if read_settings; then exec sh "$folder/watchdog.sh" ensure "$folder" 8>&-; fi
    exit 0
}

# Goes on as the file that is there now, with all that matters: after an error (no process to be had ...), or an update.
again() {
    trap - EXIT
    exec sh "$folder/watchdog.sh" run "$folder" "$last" "$source" "$offset" "$boot_at" "$created" "$create_at" \
        "$had_sessions" 8>&-
}

until_next() { # the seconds until the next round
    rest=$period
    for left in $((since + timeout - now)) ${ended:+${none_since:+$((none_since + ended - now))}}; do
        if [ "$left" -ge 1 ] && [ "$left" -lt "$rest" ]; then rest=$left; fi
    done
    echo "$rest"
}

nap() { # SECONDS, or until the settings change; a shell acts upon a signal only between commands, or while it waits
    rest=$1
    while [ "$rest" -gt 0 ]; do
        sleep $((rest < 10 ? rest : 10)) 8>&- 9>&- &
        napping=$!
        wait "$napping"
        napping='' rest=$((rest - 10))
        # shellcheck disable=SC3013  # dash and busybox have it
        [ "$folder/idle.json" -nt "$folder/idle" ] || break
    done
}

run() { # with what an earlier run knew
    trap '' HUP INT QUIT PIPE XFSZ
    trap 'trap - EXIT; [ -z "$napping" ] || kill "$napping"; exit 143' TERM
    version='' napping='' failed='' none_since='' created=none create_at=0 had_sessions='' forced='' alone=''
    read_settings || exit 0
    tell_time
    before=$ticks
    if [ $# -ge 6 ]; then
        last=$1 source=$2 offset=$3 boot_at=$4 created=$5 create_at=$6 had_sessions=${7-}
        trap again EXIT
        find_since
        # Needs no other process: whoever uses them all up cannot keep alive what has a fixed lifetime.
        if is_forced; then
            over=timeout alone=yes
            stop_host
        fi
        alone=
        nap 1
        tell_time
        begin
    else
        lock -x 9 || exit 75 # it was handed on by who started us
        sign
        offset=$(($(date +%s) - now))
        begin
        note_activity watch
        trap again EXIT
        mv -f "$folder/stop_reason.json" "$folder/last_stop_reason.json" 2>/dev/null
    fi
    { read -r version; } 2>/dev/null <"$folder/watchdog.sh"
    while :; do
        consider
        write_down
        if [ -n "$over" ]; then decide; else failed=; fi
        nap "$(until_next)"
        is_current || again
    done
}

sign() { # the lock: our process and its birth, by which others see without a process of their own that it is held
    { read -r stat; } 2>/dev/null </proc/$$/stat || return 0
    # shellcheck disable=SC2086  # fields
    set -- ${stat##*) }
    { echo "$$ ${20-}" >"$folder/watchdog.lock"; } 2>/dev/null
}

is_current() { # whether this is what mngr has put here, and the lock that we hold is the one that others see
    line=
    { read -r line; } 2>/dev/null <"$folder/watchdog.sh"
    [ -z "$line" ] || [ "$line" = "$version" ] || return 1
    # shellcheck disable=SC3013  # dash and busybox have it
    [ ! -d "/proc/$$/fd" ] || [ "$folder/watchdog.lock" -ef "/proc/$$/fd/9" ] || retire
}

ensure() { # whoever has the lock watches; the lock is handed on open. Says whether it watched: yes, no or started
    if ! read_settings || ! true 9>>"$folder/watchdog.lock"; then
        echo no
        exit
    fi
    exec 9>>"$folder/watchdog.lock"
    if ! lock -x 9; then
        echo yes
        exit
    fi
    set -- sh "$folder/watchdog.sh" run "$folder"
    if command -v setsid >/dev/null 2>&1; then set -- setsid "$@"; fi
    trap '' HUP
    (env -i ${HOME:+HOME="$HOME"} PATH="$PATH" ${TMUX_TMPDIR:+TMUX_TMPDIR="$TMUX_TMPDIR"} MNGR_HOST_DIR="$folder" \
        "$@" </dev/null >/dev/null 2>&1 &)
    echo started
}

cd / || exit
case $what in
ensure) ensure 2>/dev/null ;;
run)
    shift 2
    run "$@"
    ;;
*) exit 64 ;;
esac
