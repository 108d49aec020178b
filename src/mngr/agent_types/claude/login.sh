# Says how Claude Code is logged in, in words, and nothing when it is not. Never a secret.
export LC_ALL=C
folder=${CLAUDE_CONFIG_DIR:-$HOME/.claude}
if [ -s "$folder/.credentials.json" ]; then
    echo "login credentials file"
elif [ -n "${ANTHROPIC_API_KEY-}${ANTHROPIC_AUTH_TOKEN-}${CLAUDE_CODE_OAUTH_TOKEN-}" ]; then
    echo "login key in the environment"
elif [ -n "${CLAUDE_CODE_USE_BEDROCK-}${CLAUDE_CODE_USE_VERTEX-}${CLAUDE_CODE_USE_FOUNDRY-}" ]; then
    echo "login cloud provider in the environment"
elif grep -Eqs '"(apiKeyHelper|ANTHROPIC_API_KEY|ANTHROPIC_AUTH_TOKEN|CLAUDE_CODE_OAUTH_TOKEN|CLAUDE_CODE_USE_(BEDROCK|VERTEX|FOUNDRY))"[[:space:]]*:' "$folder/settings.json"; then
    echo "login settings"
elif [ "$(uname -s)" = Darwin ] && security find-generic-password -s 'Claude Code-credentials' >/dev/null 2>&1; then
    echo "login keychain"
fi
