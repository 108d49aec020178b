# launch.sh [--headless] [ARGUMENT]...: becomes Claude, with a folder of its own, carrying the agent's conversation on if it has one.
# The user's settings and instructions are links to the user's own files, and credentials are used where they are, under
# Claude's own lock; what Claude itself remembers stays with the agent.
set -u
agent=$MNGR_AGENT_STATE_DIR
own=$agent/claude
users=${CLAUDE_CONFIG_DIR-}
# Where an agent makes an agent, the settings are still those of the user.
[ -z "${MNGR_USER_CLAUDE_CONFIG_DIR+set}" ] || users=$MNGR_USER_CLAUDE_CONFIG_DIR

link_settings() { # all that the user has there, but for what Claude remembers of its own runs
    for file in "${users:-$HOME/.claude}"/* "${users:-$HOME/.claude}"/.[!.]*; do
        [ -e "$file" ] || continue
        case ${file##*/} in
        projects | sessions | history.jsonl | todos | tasks | teams | shell-snapshots | statsig | file-history | session-env) ;;
        ide | logs | debug | backups | cache | telemetry | paste-cache | image-cache | jobs | daemon* | *.log | *.lock) ;;
        .claude.json* | .credentials.json* | .oauth_refresh* | stats-cache.json | *-limits.json | remote-settings.json) ;;
        *) [ -L "$own/${file##*/}" ] || [ -e "$own/${file##*/}" ] || ln -s "$file" "$own/${file##*/}" ;;
        esac
    done
}

new_uuid() {
    { read -r uuid </proc/sys/kernel/random/uuid; } 2>/dev/null || uuid=$(uuidgen | tr '[:upper:]' '[:lower:]')
    printf '%s\n' "$uuid"
}

transcript() { # ID: where Claude writes what is said, by the folder it is started in
    folder=$(pwd -P | tr '\n' - | sed 's/-$//; s/[^A-Za-z0-9]/-/g')
    printf '%s/projects/%s/%s.jsonl\n' "$own" "$folder" "$1"
}

approve_key() { # a key in the environment is the user's own word, and asked about no more
    [ -n "${ANTHROPIC_API_KEY-}" ] || return 0
    tail=$(printf '%s' "$ANTHROPIC_API_KEY" | tail -c 20)
    case $tail in *[!A-Za-z0-9_-]*) return 0 ;; esac
    ! grep -Fqs "\"$tail\"" "$own/.claude.json" || return 0
    if grep -Fqs '"approved"' "$own/.claude.json"; then
        added="s/\"approved\": *\\[ *\\]/\"approved\": [\"$tail\"]/; t
            s/\"approved\": *\\[/&\"$tail\",/"
    else
        added="1s/^{/{\"customApiKeyResponses\":{\"approved\":[\"$tail\"],\"rejected\":[]},/"
    fi
    sed "$added" "$own/.claude.json" >"$own/.claude.json.new" &&
        mv "$own/.claude.json.new" "$own/.claude.json"
}

look_for_login() { # who is not logged in can type all the same, and be told so only then
    said=$(CLAUDE_CONFIG_DIR=$users sh "$agent/login.sh")
    [ -n "$said" ] || printf '%s launch failed\n' "$(date +%s)" >>"$agent/signs"
}

program=$(command -v claude) || program=$MNGR_HOST_DIR/programs/claude/node_modules/.bin/claude
if [ ! -x "$program" ]; then
    echo "mngr: cannot start claude: there is no such program on PATH" >&2
    exit 127
fi
(
    umask 077
    mkdir -p "$own/sessions" && { [ -L "$agent/registry" ] || ln -s claude/sessions "$agent/registry"; }
) || exit 73
link_settings
(umask 077 && approve_key)
(umask 077 && look_for_login)
last=$(tail -n 1 "$agent/conversations" 2>/dev/null)
id=$(printf '%s' "$last" | LC_ALL=C cut -d ' ' -f 2) path=$(printf '%s' "$last" | LC_ALL=C cut -d ' ' -f 3-)
if [ -z "$id" ]; then
    id=$(new_uuid)
    (umask 077 && printf '%s %s %s\n' "$(date +%s)" "$id" "$(transcript "$id")" >>"$agent/conversations") || exit 74
fi
found=
for file in "$path" "$own"/projects/*/"$id.jsonl"; do
    [ ! -s "$file" ] || found=yes
done
if [ "$found" ]; then
    set -- --resume "$id" "$@"
else
    set -- --session-id "$id" "$@"
fi
if [ "${3-}" = --headless ]; then
    shift 3
    set -- -p --output-format stream-json --verbose --session-id "$id" "$@"
fi
export MNGR_USER_CLAUDE_CONFIG_DIR="$users" CLAUDE_SECURESTORAGE_CONFIG_DIR="$users" CLAUDE_CONFIG_DIR="$own"
export DISABLE_AUTOUPDATER=1 DISABLE_INSTALLATION_CHECKS=1 MNGR_PROGRAM_PID=$$
: "${CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1}" "${CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY=1}"
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY
unset CLAUDE_PID CLAUDECODE
exec "$program" --settings "$agent/settings.json" "$@"
