# release.sh FOLDER ID NAME
# Lets a name go that no agent has, if it is still the same one that has it.
set -u
holder=
read -r holder 2>/dev/null <"$1/names/$3" || :
[ "${holder:--}" != "$2" ] || rm -f "$1/names/$3"
