# amend.sh FOLDER ID
# Replaces an agent's record: on standard input the one that was read, and the new one. Runs under the agent's lock.
# Answers `saved`; or `changed`, and the record as it is now, when another has changed it since.
set -u
umask 077
export LC_ALL=C
cd "$1/agents/$2" || exit 66
{ IFS= read -r was && IFS= read -r record; } || exit 64
[ -f record.json ] || exit 66
now=
IFS= read -r now 2>/dev/null <record.json || [ -n "$now" ] || exit 66
if [ "$now" != "$was" ]; then
    printf 'changed\n%s\n' "$now"
    exit 0
fi
printf '%s\n' "$record" >record.new && mv record.new record.json || exit 74
echo saved
