# user_environment.sh
# Prints the environment of the user's own login shell, a variable a line, after a line of its own; the plain one where
# that shell does not come up within some seconds.
LC_ALL=C
mark=mngr-environment-$$
shell=${SHELL:-/bin/sh}
# What the shell's files leave running keeps its outputs open: nobody waits for those to close.
out=$(
    exec 2>/dev/null </dev/null
    {
        "$shell" -l -c "echo $mark; env" &
        asked=$!
        {
            sleep 10
            kill "$asked"
        } >/dev/null &
        clock=$!
        wait "$asked"
        kill "$clock"
        printf '\n%s\n' "$mark-end"
    } | sed "/^$mark-end\$/q"
)
out=${out%"$mark-end"*}
case $out in
*"$mark"*PATH=*) printf '%s\n' "${out#*"$mark"}" ;;
*) env ;;
esac
