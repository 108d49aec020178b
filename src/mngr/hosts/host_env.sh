# host_env.sh FOLDER
# Sets the environment of all agents of a host: shell text on standard input, made by mngr, that sets and exports it.
set -u
umask 077
mkdir -p -- "$1" && cat >"$1/host-env.new.$$" && mv -- "$1/host-env.new.$$" "$1/host-env" || exit 74
