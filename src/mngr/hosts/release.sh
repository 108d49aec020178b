# release.sh FOLDER ID NAME
# Lets a name go that no agent has, if it is still the same one that has it, and has not become that agent's meanwhile.
set -u
export LC_ALL=C
holder='' record=''
read -r holder 2>/dev/null <"$1/names/$3" || :
[ "${holder:--}" = "$2" ] || exit 0
[ ! -e "$1/agents/$2/making.json" ] || exit 0
[ ! -f "$1/agents/$2/record.json" ] || IFS= read -r record 2>/dev/null <"$1/agents/$2/record.json" || :
case $record in
'{"version": 1, "id": "'"$2"'", "name": "'"$3"'", '*) exit 0 ;;
esac
rm -f "$1/names/$3"
