# watch.sh FOLDER [KEY=TEXT]...
# Changes how a host is watched for idleness, starts what watches it, and shows what that saw. Standard input is shell text,
# made by mngr, that puts the watchdog into FOLDER; KEY=TEXT are its settings, and those that are not given stay. Prints
#   watching yes|no|started  whether it watches; `started`: it did not, and should
#   clock SECONDS            the host's own clock
#   set KEY=TEXT             each setting
#   idle|stopped|last JSON   what it saw in the last round, why it is stopping the host, why it did before
# Exit 78: what was to be watched has no command that stops the host; 74: it could not be written down.
set -u
umask 077
export LC_ALL=C
folder=$1
shift
newline='
'

lock() { # take the lock on descriptor 9 at once, or fail
    if command -v flock >/dev/null 2>&1; then
        flock -n 9
    else
        perl -MFcntl=:flock -e 'open(my $f, ">&=", 9) && flock($f, LOCK_EX | LOCK_NB) || exit 1'
    fi
}

change() { # KEY=TEXT...
    true 9>>idle.lock && exec 9>>idle.lock || exit 74
    tries=100
    until lock; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || exit 75
        sleep 0.05 2>/dev/null || sleep 1
    done
    settings=$newline
    if [ -f idle ]; then
        while read -r line; do
            settings=$settings$line$newline
        done <idle
    fi
    for pair in "$@"; do
        key=$newline${pair%%=*}=
        case $settings in
        *"$key"*)
            rest=${settings#*"$key"}
            settings=${settings%%"$key"*}$newline${rest#*"$newline"}
            ;;
        esac
        settings=$settings$pair$newline
    done
    case $settings in
    *"${newline}mode=disabled$newline"*) ;;
    *"${newline}stop="[!"$newline"]*) ;;
    *) exit 78 ;;
    esac
    # The gate is there before it is needed: on a full disk it could not be made.
    true >>stopping.lock && true >>watchdog.lock || exit 74
    printf %s "${settings#"$newline"}" >idle.new && mv -f idle.new idle || exit 74
    exec 9>&-
}

show() { # WORD FILE
    [ -f "$2" ] || return 0
    line=
    IFS= read -r line <"$2" || :
    printf '%s %s\n' "$1" "$line"
}

[ $# = 0 ] || mkdir -p "$folder" || exit 74
cd "$folder" 2>/dev/null || exit 0
# shellcheck disable=SC1091
. /dev/stdin || exit 74
[ "${complete-}" = yes ] || exit 74
[ $# = 0 ] || change "$@"
if [ -f watchdog.sh ]; then
    printf 'watching %s\n' "$(sh ./watchdog.sh ensure "$folder")"
else
    echo watching no
fi
date +'clock %s'
if [ -f idle ]; then
    while read -r line; do
        printf 'set %s\n' "$line"
    done <idle
fi
show idle idle.json
show stopped stop_reason.json
show last last_stop_reason.json
