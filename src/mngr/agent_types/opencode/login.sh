# Says how OpenCode is logged in, in words, and nothing when it is not; and which variables that needs. Never a secret.
export LC_ALL=C
folder=${XDG_CONFIG_HOME:-$HOME/.config}/opencode
auth=${XDG_DATA_HOME:-$HOME/.local/share}/opencode/auth.json
set -- "$folder/opencode.json" "$folder/opencode.jsonc" "$folder/config.json"
set -- "$@" ${OPENCODE_CONFIG:+"$OPENCODE_CONFIG"}
set -- "$@" ${OPENCODE_CONFIG_DIR:+"$OPENCODE_CONFIG_DIR/opencode.json" "$OPENCODE_CONFIG_DIR/opencode.jsonc"}

settings() { # all that its settings say, without what is a comment from the first letter of a line
    {
        cat "$@" 2>/dev/null
        printf '%s\n' "${OPENCODE_CONFIG_CONTENT-}"
    } | grep -v '^[[:space:]]*//'
}

login=
if grep -qs '"' "$auth"; then
    login="auth file"
elif settings "$@" | grep -Eq '"(apiKey|baseURL)"[[:space:]]*:'; then
    login="provider in its settings"
else
    for name in ANTHROPIC_API_KEY OPENAI_API_KEY OPENROUTER_API_KEY OPENCODE_API_KEY GEMINI_API_KEY \
        GOOGLE_GENERATIVE_AI_API_KEY GROQ_API_KEY XAI_API_KEY DEEPSEEK_API_KEY MISTRAL_API_KEY; do
        eval "[ -z \"\${$name-}\" ]" || login="key in the environment"
    done
fi
[ -z "$login" ] || echo "login $login"
# Settings name variables as {env:NAME}.
settings "$@" | tr '{' '\n' | sed -n 's/^env:\([A-Za-z_][A-Za-z0-9_]*\)}.*/variable \1/p'
