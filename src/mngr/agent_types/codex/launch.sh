# launch.sh [--headless] [ARGUMENT]...: becomes Codex, with a folder of its own, carrying the agent's conversation on if it has one.
# The user's login and instructions are links to the user's own files; what Codex itself remembers stays with the agent.
set -u
export MNGR_USER_CODEX_HOME="${CODEX_HOME-}" # what mngr, run by the agent, gives to agents that it makes
agent=$MNGR_AGENT_STATE_DIR
own=$agent/codex
users=${CODEX_HOME:-$HOME/.codex}
export MNGR_USER_CODEX_HOME="${CODEX_HOME-}" # for agents that are made in this one

link() { # FILE NAME: a link of that name to one of the user's files
    [ -L "$2" ] || [ -e "$2" ] || ln -s "$1" "$2"
}

link_settings() { # all that the user has there, but for what Codex remembers of its own runs
    for file in "$users"/* "$users"/.[!.]*; do
        [ -e "$file" ] || continue
        case ${file##*/} in
        sessions | archived_sessions | session_index.jsonl | history.jsonl | *.sqlite | *.sqlite-* | log | logs | tmp | .tmp) ;;
        packages | installation_id | shell_snapshots | thread-writer-locks | tui-* | version.json | *_cache.json) ;;
        .sandbox_migration | *.lock | memories | worktrees | auth.json.* | config.toml | skills) ;;
        *) link "$file" "$own/${file##*/}" ;;
        esac
    done
    for file in "$users"/skills/*; do # Codex puts its own beside them
        [ ! -e "$file" ] || link "$file" "$own/skills/${file##*/}"
    done
    link "$users/auth.json" "$own/auth.json"
}

# Codex writes into its settings what it has shown, and what it was told in its dialogs: so they are a copy, made anew
# when the user's own change. That the workspace is trusted, said in a dialog, is kept.
copy_config() {
    ! trusts_more || : >"$agent/trusted"
    sum=$(cksum <"$users/config.toml" 2>/dev/null)
    [ "$sum" != "$(cat "$agent/config-sum" 2>/dev/null)" ] || [ ! -e "$own/config.toml" ] || return 0
    (umask 077 && cat "$users/config.toml" >"$own/config.toml.new" 2>/dev/null
        mv "$own/config.toml.new" "$own/config.toml" && printf '%s\n' "$sum" >"$agent/config-sum")
}

trusts_more() { # whether a folder is trusted here that the user does not trust elsewhere
    [ -f "$own/config.toml" ] || return 1
    LC_ALL=C awk 'FNR == 1 { files++ }
        /^\[/ { folder = index($0, "[projects.") == 1 ? $0 : "" }
        folder != "" && /^trust_level *= *"trusted"/ { if (files == 1) users[folder]; else if (!(folder in users)) more = 1 }
        END { exit !more }' "$([ -f "$users/config.toml" ] && echo "$users/config.toml" || echo /dev/null)" "$own/config.toml"
}

quoted() { # TEXT: as TOML writes it
    printf '"%s"' "$(printf '%s' "$1" | LC_ALL=C sed 's/[\\"]/\\&/g')"
}

find_native() { # PROGRAM: the program itself, where it is npm's starter of it: the starter would stand in between
    real=$(readlink -f "$1" 2>/dev/null) || real=$1
    package=${real%/bin/codex.js}
    [ "$package" != "$real" ] || return 1
    case $(uname -sm) in
    'Linux x86_64') target=x86_64-unknown-linux-musl ;;
    'Linux aarch64') target=aarch64-unknown-linux-musl ;;
    'Darwin x86_64') target=x86_64-apple-darwin ;;
    'Darwin arm64') target=aarch64-apple-darwin ;;
    *) return 1 ;;
    esac
    for native in "$package/vendor" "$package"/node_modules/@openai/codex-*/vendor "$package"/../codex-*/vendor; do
        native=$native/$target/bin/codex
        if [ -x "$native" ]; then
            export CODEX_MANAGED_PACKAGE_ROOT="$package" CODEX_MANAGED_BY_NPM=1
            program=$native
            return
        fi
    done
    return 1
}

conversation() { # the id of the one to carry on
    # shellcheck disable=SC2046  # fields
    set -- $(tail -n 1 "$agent/conversations" 2>/dev/null)
    if [ $# -ge 2 ]; then
        # Its file may have been put elsewhere by an older start, or be gone with a folder that was emptied.
        for file in "${3-}" "$own"/sessions/*/*/*/*"-$2.jsonl"; do
            [ ! -f "$file" ] || { echo "$2" && return; }
        done
    fi
    # The program was killed before it reported: the newest one that was had on this terminal.
    newest=
    for file in "$own"/sessions/*/*/*/rollout-*.jsonl; do
        head -c 4000 "$file" 2>/dev/null | grep -q '"source":"cli"' || continue
        [ -n "$newest" ] && [ -z "$(find "$file" -newer "$newest")" ] || newest=$file
    done
    newest=${newest%.jsonl}
    [ -z "$newest" ] || printf '%s\n' "$newest" | LC_ALL=C sed 's/.*-\([^-]*-[^-]*-[^-]*-[^-]*-[^-]*\)$/\1/'
}

trusted_by_user() { # the user's own hooks have another path here, and are the same
    LC_ALL=C awk -v users="$users" -v own="$own" '
        /^\[/ { name = ""; if (index($0, "[hooks.state.\"" users "/") == 1) name = substr($0, length("[hooks.state.\"" users) + 1) }
        name != "" && /^(trusted_hash|enabled) *=/ {
            if (name in said) said[name] = said[name] "," $0
            else said[name] = $0
        }
        END { for (name in said) { sub(/\]$/, "", name); printf "\"%s%s={%s},", own, name, said[name "]"] } }
    ' "$users/config.toml" 2>/dev/null
}

program=$(command -v codex) || program=$MNGR_HOST_DIR/programs/codex/node_modules/.bin/codex
if [ ! -x "$program" ]; then
    echo "mngr: cannot start codex: there is no such program on PATH" >&2
    exit 127
fi
find_native "$program" || :
(umask 077 && mkdir -p "$own/skills") || exit 73
link_settings
copy_config
# Codex makes no helper programs below the folder for temporary files, and without them no command runs.
case $own in "${TMPDIR:-/tmp}"/*) TMPDIR=$agent/tmp && mkdir -p "$TMPDIR" && export TMPDIR ;; esac
if [ "${1-}" = --headless ]; then
    shift
    set -- exec --json "$@"
    [ ! -f "$agent/trusted" ] || set -- "$@" --skip-git-repo-check
    set -- "$@" -
else
    id=$(conversation)
    [ -z "$id" ] || set -- "$@" resume "$id"
    set -- --no-daemon -c 'tui.resume_cwd="current"' -c disable_paste_burst=true \
        -c 'tui.terminal_title=["activity","project"]' "$@"
fi
[ ! -f "$agent/trusted" ] || set -- -c "projects={$(quoted "$(pwd -P)")={trust_level=\"trusted\"}}" "$@"
set -- -c check_for_update_on_startup=false \
    -c "hooks={$(cat "$agent/hooks"),state={$(cat "$agent/hooks-trusted")$(trusted_by_user)}}" "$@"
unset CLAUDE_PID
export CODEX_HOME="$own" MNGR_PROGRAM_PID=$$
exec "$program" "$@"
