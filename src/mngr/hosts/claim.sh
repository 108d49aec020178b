# claim.sh FOLDER ID NAME HOST_ID
# Takes a name for an agent that is being made, and holds the agent's lock until standard input ends.
# HOST_ID becomes the id of the host if it has none yet. The first line of standard input is the record of the agent to be. Answers with one line:
#   held [PORT]   the name is ours, and so are 16 ports from that one on
#   taken ID      another agent has it
#   stale ID      an agent that nobody makes any more has it: take that one back, then try again
#   used ID       the id is in use
#   stopping      the host stops itself just now
# Each further line is the record as it is planned by then; answered by `planned`.
set -u
umask 077
export LC_ALL=C
trap '' INT HUP TERM PIPE
folder=$1 id=$2 name=$3
agent=$folder/agents/$id
claim=$folder/names/$name

lock() { # DESCRIPTOR: take the lock of an open file at once, or fail
    if command -v flock >/dev/null 2>&1; then
        flock -n "$1"
    else
        perl -MFcntl=:flock -e 'open(my $f, ">&=", $ARGV[0]) && flock($f, LOCK_EX | LOCK_NB) || exit 1' "$1"
    fi
}

passes() { # whether the gate of a host that can stop itself is open (see watchdog.sh)
    if command -v flock >/dev/null 2>&1; then
        flock -n -s 8
    else
        perl -MFcntl=:flock -e 'open(my $f, "<&=", 8) && flock($f, LOCK_SH | LOCK_NB) || exit 1'
    fi 8<"$folder/stopping.lock"
}

named() { # ID: whether the record of that agent says it has this name (or cannot be read by us)
    [ -f "$folder/agents/$1/record.json" ] || return 0
    read -r line <"$folder/agents/$1/record.json" 2>/dev/null || [ -n "${line:-}" ] || return 0
    case $line in
    '{"version": 1, "id": "'"$1"'", "name": "'*) ;;
    *) return 0 ;;
    esac
    case $line in
    '{"version": 1, "id": "'"$1"'", "name": "'"$name"'", '*) return 0 ;;
    esac
    return 1
}

# A block of 16 ports is taken by a file, ports/FIRST, that has the id of its agent. One whose agent has gone is free.
choose_ports() { # leaves the first in `ports`; nothing where none is free. No process more than one: each costs
    ports='' tries=0
    digits=${id#agent-}
    digits=${digits%"${digits#????}"}
    case $digits in
    *[!0-9a-f]*) return ;;
    esac
    place=$((0x$digits % 1024))
    while [ "$tries" -lt 1024 ]; do
        first=$((16384 + 16 * place))
        if take_block "$folder/ports/$first" && is_silent; then
            ports=$first
            return
        fi
        place=$(((place + 1) % 1024)) tries=$((tries + 1))
    done
}

is_silent() { # nobody listens in the block that was just taken; it is let go where somebody does
    [ -n "${busy-}" ] || busy=" $(awk '$4 == "0A" {
        sub(/.*:/, "", $2)
        for (block = 0; length($2) > 1; $2 = substr($2, 2)) block = block * 16 + index("123456789ABCDEF", substr($2, 1, 1))
        printf "%d ", block }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)"
    case $busy in
    *" $((1024 + place)) "*) rm -f "$folder/ports/$first" ;;
    *) return 0 ;;
    esac
    return 1
}

take_block() { # FILE
    taken=yes
    set -C
    { echo "$id" >"$1"; } 2>/dev/null || taken=
    set +C
    [ -z "$taken" ] || return 0
    is_left "$1" || return
    # Of several who find the same one left, one takes it.
    (lock 7 && is_left "$1" && echo "$id" >"$1") 7>>"$folder/ports/.lock" 2>/dev/null
}

is_left() { # FILE: an empty one is just being taken
    owner=
    { read -r owner <"$1"; } 2>/dev/null
    [ -n "$owner" ] && [ ! -d "$folder/agents/$owner" ] && [ ! -d "$folder/destroyed/$owner" ]
}

IFS= read -r record || exit 64
if [ -e "$agent/record.json" ]; then
    echo "used $id"
    exit 0
fi
mkdir -p "$folder/names" "$folder/worktrees" "$folder/ports" "$agent" || exit 73
[ -e "$folder/host.json" ] || printf '{"id": "%s"}\n' "$4" >"$folder/host.json"
exec 9>>"$agent/lock" || exit 73
if ! lock 9; then
    echo "used $id"
    exit 0
fi
tries=200
while [ -f "$folder/stopping.lock" ] && ! passes; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then
        rm -rf "$agent"
        echo stopping
        exit 0
    fi
    sleep 0.05 2>/dev/null || sleep 1
done
if ! { printf '%s\n' "$record" >"$agent/making.json" && printf '%s\n' "$id" >"$agent/claim"; }; then
    rm -rf "$agent"
    exit 74
fi
tries=3
until ln "$agent/claim" "$claim" 2>/dev/null; do
    tries=$((tries - 1))
    [ -e "$claim" ] || [ "$tries" = 0 ] || continue # whoever had it has just let it go
    rm -rf "$agent"
    if [ ! -e "$claim" ]; then
        echo "cannot make $claim" >&2
        exit 73
    fi
    other=
    read -r other <"$claim" 2>/dev/null || :
    if [ -e "$folder/agents/$other/record.json" ] && named "$other"; then
        echo "taken $other"
    elif [ -e "$folder/agents/$other/lock" ] && ! (lock 8) 8>>"$folder/agents/$other/lock"; then
        echo "taken $other"
    else
        echo "stale ${other:--}"
    fi
    exit 0
done
choose_ports
echo "held${ports:+ $ports}"
planned=
while IFS= read -r record; do
    if printf '%s\n' "$record" >"$agent/making.new" && mv "$agent/making.new" "$agent/making.json"; then
        planned=yes
        echo planned
    else
        echo failed
    fi
done
# Nobody went on with it: what is made is planned before, and a start writes its files.
if [ -z "$planned" ] && [ ! -e "$agent/record.json" ] && [ ! -e "$agent/command" ] && [ ! -e "$agent/env" ]; then
    holder=
    read -r holder 2>/dev/null <"$claim" || :
    [ "$holder" != "$id" ] || rm -f "$claim"
    [ -z "$ports" ] || rm -f "$folder/ports/$ports"
    rm -rf "$agent"
fi
