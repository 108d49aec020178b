# exec.sh FOLDER ID CWD COMMAND
# Becomes a shell that runs a command in an agent's workspace (or CWD, relative to it), with the agent's environment.
state=$1/agents/$2 cwd=$3 command=$4
work_dir=
for file in "$state/work_dir" "$state/env"; do
    if [ -e "$file" ] && [ ! -f "$file" ]; then
        echo "mngr: what is written down about the agent is damaged: $file" >&2
        exit 66
    fi
done
unset file
IFS= read -r work_dir <"$state/work_dir" || [ -n "$work_dir" ] || {
    echo "mngr: the agent has no workspace yet" >&2
    exit 66
}
cd -- "$work_dir" 2>/dev/null || {
    name=
    IFS= read -r name 2>/dev/null <"$state/record.json" || :
    name=${name#*'"name": "'}
    name=${name%%'"'*}
    echo "mngr: the workspace is gone: $work_dir" >&2
    echo "hint: mngr destroy $name; after that, mngr restore $name brings back what git has of it" >&2
    exit 66
}
# shellcheck disable=SC1091
if [ -f "$state/../../host-env" ]; then . "$state/../../host-env"; fi
# shellcheck disable=SC1091
. "$state/env" || exit 66
unset state
if [ -n "$cwd" ] && ! cd -- "$cwd" 2>/dev/null; then
    printf "mngr: the workspace has no folder '%s'\n" "$cwd" >&2
    exit 1
fi
unset OLDPWD work_dir cwd
set -- "$command"
unset command
exec "${SHELL:-/bin/sh}" -c "$1"
