# launch.sh [ARGUMENT...]
# Becomes OpenCode: with a database of the agent's own, mngr's plugin, and the conversation that is on record.
# The settings and the logins stay the user's.
state=$MNGR_AGENT_STATE_DIR
# What the user has, for agents that the agent makes.
export MNGR_USER_OPENCODE_CONFIG_CONTENT="${OPENCODE_CONFIG_CONTENT-}" MNGR_USER_OPENCODE_DB="${OPENCODE_DB-}"

program=$(command -v opencode)
for one in "$MNGR_HOST_DIR"/programs/opencode*/node_modules/.bin/opencode; do
    [ -n "$program" ] || [ ! -x "$one" ] || program=$one
done
if ! [ -x "$program" ]; then
    echo "mngr: cannot start opencode: there is no such program on PATH" >&2
    exit 127
fi

bun() { # SCRIPT [ARGUMENT...]: OpenCode carries what runs its own scripts
    BUN_BE_BUN=1 "$program" "$@"
}

known() { # SESSION: whether it is in the database
    case $(bun "$state/read.js" has-session "$1" 2>/dev/null) in
    yes) ;;
    *) return 1 ;;
    esac
}

own_session() { # ARGUMENT...: whether the user says which conversation it is to be
    for word; do
        case $word in
        -s | -c | --session | --session=* | --continue | -s?*) return 0 ;;
        esac
    done
    return 1
}

plugin="file://$state/plugin.js"
case $plugin in
*[!A-Za-z0-9_:/.,@+~-]*) plugin=$(bun -e 'console.log(Bun.pathToFileURL(process.argv[1]).href)' "$state/plugin.js") ;;
esac
if [ -n "$MNGR_USER_OPENCODE_CONFIG_CONTENT" ]; then
    # shellcheck disable=SC2016  # JavaScript's own
    OPENCODE_CONFIG_CONTENT=$(bun -e '
        const config = Bun.JSONC.parse(process.env.MNGR_USER_OPENCODE_CONFIG_CONTENT)
        console.log(JSON.stringify({ ...config, plugin: [...(config.plugin ?? []), process.argv[1]] }))
    ' "$plugin") || exit 1
else
    OPENCODE_CONFIG_CONTENT=$(printf '{"plugin":["%s"]}' "$plugin")
fi
export OPENCODE_CONFIG_CONTENT

(umask 077 && mkdir -p "$state/opencode" "$state/inbox")
export OPENCODE_DB="$state/opencode/opencode.db"
export OPENCODE_DISABLE_AUTOUPDATE=1
# Before it comes up OpenCode fetches a package that it can do without: once, should there be no network.
export MNGR_USER_FETCH_RETRIES="${npm_config_fetch_retries-}"
export npm_config_fetch_retries=0
unset MNGR_CONVERSATION
if [ "${1-}" = run ]; then
    exec "$program" "$@"
fi

if [ -s "$state/conversations" ] && ! own_session "$@"; then
    conversation=$(tail -n 1 "$state/conversations" | LC_ALL=C cut -d ' ' -f 2)
    if known "$conversation"; then
        export MNGR_CONVERSATION="$conversation"
        set -- --session "$conversation" "$@"
    fi
fi
# What an earlier process did says nothing about this one.
(umask 077 && printf '%s opencode started\n' "$(date +%s)" >"$state/signs")
# By this the plugin knows the agent's own program from others of its kind that are started in it.
export MNGR_PROGRAM_PID=$$
MNGR_ARGUMENTS=$(printf '%s\n' "$@")
export MNGR_ARGUMENTS
exec "$program" "$@"
