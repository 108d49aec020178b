# Says where folders really are, a line each, then an empty line and what Claude knows of its user (`.claude.json`).
folder=${CLAUDE_CONFIG_DIR:-$HOME}
for path in "$@"; do
    (cd -- "$path" 2>/dev/null && pwd -P) || printf '%s\n' "$path"
done
echo
cat "$folder/.claude.json" 2>/dev/null
exit 0
