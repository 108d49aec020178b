# survey.sh FOLDER
# Says what lies in a host's folder, a line each, so that what belongs to no agent can be found:
#   making ID | destroying ID | half-destroyed ID   an agent that is being made or destroyed, or was left so
#   marker NAME                                     a mark of a workspace that is being made, or was left so
#   claim NAME ID                                   a name, and the id that has it (or -)
#   worktree NAME                                   a folder below worktrees
#   installing NAME                                 a program that is being installed, or was left so
#   destroyed ID SECONDS                            what can be restored, and since when
set -u
export LC_ALL=C
cd "$1" 2>/dev/null || exit 0
for agent in agents/agent-*; do
    [ -d "$agent" ] || continue
    if [ ! -e "$agent/record.json" ]; then
        printf 'making %s\n' "${agent#*/}"
    elif [ -e "$agent/destroying" ]; then
        printf 'destroying %s\n' "${agent#*/}"
    fi
done
for marker in making/*; do
    [ -f "$marker" ] && printf 'marker %s\n' "${marker#*/}"
done
for claim in names/*; do
    [ -f "$claim" ] || continue
    id=
    read -r id 2>/dev/null <"$claim" || :
    printf 'claim %s %s\n' "${claim#*/}" "${id:--}"
done
for folder in worktrees/*; do
    [ -d "$folder" ] && printf 'worktree %s\n' "${folder#*/}"
done
for folder in programs/.*.new; do
    name=${folder#*/.}
    [ -d "$folder" ] && printf 'installing %s\n' "${name%.new}"
done
for agent in destroyed/agent-*; do
    [ -d "$agent" ] || continue
    at=
    read -r at 2>/dev/null <"$agent/destroyed_at" || :
    printf 'destroyed %s %s\n' "${agent#*/}" "${at:-0}"
done
exit 0
