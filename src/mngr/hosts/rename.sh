# rename.sh FOLDER ID OLD NEW SOCKET PREFIX
# Gives an agent another name: claims it, changes the record (on standard input: the one that was read, and the new
# one), the session, and lets the old name go. Runs under the agent's lock. Answers `renamed` or `taken ID`; or
# `changed`, and the record as it is now, when another has changed that since.
set -u
umask 077
export LC_ALL=C
folder=$1 id=$2 old=$3 new=$4 socket=$5 prefix=$6
cd "$folder/agents/$id" || exit 66
where=-L
if [ -s tmux ] && read -r at 2>/dev/null <tmux; then where=-S socket=$at; fi # the server it was started on
{ IFS= read -r was && IFS= read -r record; } || exit 64
[ -f record.json ] || exit 66
now=
IFS= read -r now 2>/dev/null <record.json || [ -n "$now" ] || exit 66
if [ "$now" != "$was" ]; then
    printf 'changed\n%s\n' "$now"
    exit 0
fi
printf '%s\n' "$record" >record.new && printf '%s\n' "$id" >claim || exit 74
if ! ln claim "$folder/names/$new" 2>/dev/null; then
    other=
    read -r other <"$folder/names/$new" 2>/dev/null || :
    if [ "$other" != "$id" ]; then
        rm -f record.new
        echo "taken ${other:--}"
        exit 0
    fi
fi
# The session before the record: if this is interrupted the old name still finds the agent, and a second run ends it.
session=$(tmux -u "$where" "$socket" list-sessions -f "#{==:#{@mngr_agent},$id}" -F '#{session_id} #{session_name}' 2>/dev/null)
if [ -n "$session" ]; then
    case $session in
    *"-$old") prefix=${session#* } && prefix=${prefix%"$old"} ;; # it may have been started with another
    esac
    said=$(tmux -u "$where" "$socket" rename-session -t "${session%% *}" "$prefix$new" 2>&1)
    case $said in
    *duplicate*)
        rm -f record.new
        [ "$old" = "$new" ] || rm -f "$folder/names/$new"
        echo "taken by a session"
        exit 0
        ;;
    esac
fi
mv record.new record.json || exit 74
[ "$old" != "$new" ] || exec echo renamed
rm -f "$folder/names/$old"
printf '{"time": "%s", "source": "mngr", "type": "renamed", "from": "%s", "to": "%s"}\n' \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$old" "$new" >>events.jsonl
echo renamed
