# origins.sh FOLDER...: prints the real paths of the folders (of a repository's `.git` the folder it is in), an empty
# line, and the user's own settings of Codex.
export LC_ALL=C
for folder in "$@"; do
    (cd "$folder" 2>/dev/null && pwd -P | sed 's|/\.git$||')
done
echo
cat "${CODEX_HOME:-$HOME/.codex}/config.toml" 2>/dev/null
