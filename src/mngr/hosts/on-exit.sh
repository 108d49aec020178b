# on-exit STATUS SIGNAL: run by tmux when an agent's program has ended by itself; writes down how.
export LC_ALL=C
umask 077
cd "$MNGR_AGENT_STATE_DIR" 2>/dev/null || exit 0
[ -e wanted ] || exit 0
now=$(date -u '+%s %Y-%m-%dT%H:%M:%SZ')
{ printf '%s %s %s\n' "${1:--}" "${2:--}" "${now%% *}" >exit.new && mv exit.new exit; } 2>/dev/null
printf '{"time": "%s", "source": "tmux", "type": "exited", "status": "%s", "signal": "%s"}\n' \
    "${now#* }" "$1" "$2" >>events.jsonl 2>/dev/null
rm -f wanted

# The reader of its pane (start.sh) has no more to do: a child of the same tmux, that is named as it should be.
pid='' stat=''
{ read -r pid <reader; } 2>/dev/null
if [ -e /proc/self/stat ]; then
    { read -r stat <"/proc/$pid/stat"; } 2>/dev/null
else
    stat="$pid ($(ps -o comm= -p "$pid")) S $(ps -o ppid= -p "$pid" | tr -d ' ') "
fi
case $stat in
"$pid (cat) "?" $PPID "*) kill "$pid" 2>/dev/null ;;
esac
rm -f reader
