# lock.sh LOCKFILE WAIT_SECONDS [COMMAND...]
# Takes a lock and runs the command under it, or, without one, says `held` and holds it until standard input ends.
# The lock is the kernel's (flock): it goes when its holder goes. Exit 75: somebody else held it all the time. 77: the
# host stops itself just now.
set -u
umask 077
file=$1 wait=$2
shift 2

lock() { # take the lock on descriptor 9 at once, or fail
    if command -v flock >/dev/null 2>&1; then
        flock -n 9
    else
        perl -MFcntl=:flock -e 'open(my $f, ">&=", 9) && flock($f, LOCK_EX | LOCK_NB) || exit 1'
    fi
}

passes() { # whether the gate of a host that can stop itself is open (see watchdog.sh)
    if command -v flock >/dev/null 2>&1; then
        flock -n -s 8
    else
        perl -MFcntl=:flock -e 'open(my $f, "<&=", 8) && flock($f, LOCK_SH | LOCK_NB) || exit 1'
    fi 8<"$gate"
}

[ -d "${file%/*}" ] || exit 76
# The agent can write here: what opens a pipe may wait for ever.
for one in "${file%/*}"/*; do
    [ ! -p "$one" ] || rm -f -- "$one"
done
exec 9>>"$file" || exit 73
if ! lock; then
    end=$(($(date +%s) + wait))
    until lock; do
        [ "$(date +%s)" -lt "$end" ] || exit 75
        sleep 0.05 2>/dev/null || sleep 1
    done
fi
gate=${file%/agents/*}/stopping.lock
if [ -f "$gate" ] && ! passes; then
    end=$(($(date +%s) + (wait < 5 ? 5 : wait)))
    until passes; do
        [ "$(date +%s)" -lt "$end" ] || exit 77
        sleep 0.05 2>/dev/null || sleep 1
    done
fi
# Whoever held it before may have taken the agent away.
[ -e "$file" ] || exit 76
[ $# -gt 0 ] && exec "$@"
trap '' INT HUP TERM
echo held
cat >/dev/null
