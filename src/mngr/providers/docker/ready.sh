# ready.sh
# Waits, within a holder, until its rules are in force.
tries=150
until [ -e /run/ready ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 0.1
done
