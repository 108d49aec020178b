# Says how Codex is logged in, in words, and nothing when it is not; and which variables that needs. Never a secret.
export LC_ALL=C
folder=${CODEX_HOME:-$HOME/.codex}

provider() { # what config.toml says of the provider in use: its name, and `key NAME`, `token` or `open`
    awk '
        function text(line) { sub(/^[^=]*=[ \t]*/, "", line); sub(/^["\047]/, "", line); sub(/["\047].*$/, "", line); return line }
        /^[ \t]*#/ { next }
        /^[ \t]*\[/ {
            section = $0
            gsub(/[ \t"\047]|\].*|^\[/, "", section)
            sub(/^\[/, "", section)
            next
        }
        section == "" && /^[ \t]*model_provider[ \t]*=/ { name = text($0) }
        /^[ \t]*env_key[ \t]*=/ { key[section] = text($0) }
        /^[ \t]*experimental_bearer_token[ \t]*=/ { token[section] = 1 }
        /^[ \t]*requires_openai_auth[ \t]*=[ \t]*true/ { asks[section] = 1 }
        /^[ \t]*base_url[ \t]*=/ { known[section] = 1 }
        END {
            if (name == "" || name == "openai") exit
            at = "model_providers." name
            if (at in key) print "key", key[at]
            else if (at in token) print "token"
            else if (at in asks) exit
            else if (at in known || name == "ollama" || name == "lmstudio" || name == "oss") print "open"
        }' "$folder/config.toml" 2>/dev/null
}

# shellcheck disable=SC2046  # one or two plain words
set -- $(provider)
case ${1-} in
key)
    case $2 in *[!A-Za-z0-9_]* | [0-9]*) set -- ;; esac
    if [ -n "${2-}" ] && eval "[ -n \"\${$2-}\" ]"; then
        echo "login key in the environment"
        echo "variable $2"
    fi
    ;;
token) echo "login key in its settings" ;;
open) echo "login provider in its settings" ;;
*) if [ -s "$folder/auth.json" ]; then echo "login auth file"; fi ;;
esac
