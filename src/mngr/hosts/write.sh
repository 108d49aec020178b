# write.sh FOLDER ID
# Changes an agent's files: runs the shell text on standard input, made by mngr, in the agent's folder. What was cut is
# an error.
set -u
umask 077
cd "$1/agents/$2" || exit 66
# shellcheck disable=SC1091
. /dev/stdin
[ "${complete-}" = yes ] || exit 74
