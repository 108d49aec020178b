# holder.sh
# What a holder runs: a container that owns the network of a host, loads the rules for it ($RULES), and does nothing else.
# Rules that cannot be loaded end it, and without it the engine does not start the host: a mistake shuts all doors.
printf '%s\n' "$RULES" | nft -f - || exit 1
: >/run/ready
trap 'exit 0' TERM
sleep 2147483647 &
wait "$!"
