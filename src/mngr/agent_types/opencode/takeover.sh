# Finds and copies conversations of OpenCode; what it is asked and answers: see hosts/takeover.py.
# Arguments: COMMAND PROGRAMS find|adopt|clone ...
set -u
umask 077
export LC_ALL=C
database=${OPENCODE_DB:-${XDG_DATA_HOME:-$HOME/.local/share}/opencode/opencode.db}
program=$(command -v "$1")
for one in "$2/$1"*/node_modules/.bin/"$1"; do
    [ -n "$program" ] || [ ! -x "$one" ] || program=$one
done
shift 2

# OpenCode's program is a Bun, which reads its database.
run() { # JAVASCRIPT ARGUMENT...
    BUN_BE_BUN=1 OPENCODE_DB='' "$program" -e "$@" </dev/null
}

# shellcheck disable=SC2016  # JavaScript's own
find_sessions='
const { Database } = require("bun:sqlite")
const [path, begin] = process.argv.slice(-2)
const from = new Database(path, { readonly: true })
for (const { id } of from.query("SELECT id FROM session ORDER BY time_updated").all())
  if (id.startsWith(begin)) console.log(`found ${id} ${id}`)
'

# What belongs to a conversation and to those of its sub-agents; no credentials, no links under which it was shared.
# shellcheck disable=SC2016
copy_session='
const { Database } = require("bun:sqlite")
const [path, target, id, directory] = process.argv.slice(-4)
const from = new Database(path, { readonly: true })
const to = new Database(target, { create: true })
const columns = (table) => from.query(`PRAGMA table_info("${table}")`).all().map((column) => column.name)
const family = `WITH RECURSIVE family(id) AS (SELECT ?1 UNION SELECT session.id FROM session JOIN family ON parent_id = family.id) `
const whole = ["migration", "data_migration", "__drizzle_migrations"]
const none = ["session_share", "session_input"]
from.run("BEGIN")
to.run("PRAGMA foreign_keys = OFF")
to.run("BEGIN")
const things = from.query("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE ?").all("sqlite_%")
for (const type of ["table", "index"]) for (const one of things) if (one.type === type) to.run(one.sql)
for (const { name } of things.filter((one) => one.type === "table")) {
  const has = columns(name)
  let which
  if (whole.includes(name)) which = "?1 = ?1"
  else if (none.includes(name)) continue
  else if (name === "session") which = "id IN family"
  else if (name === "project") which = "id IN (SELECT project_id FROM session WHERE id IN family)"
  else if (has.includes("session_id")) which = "session_id IN family"
  else if (has.includes("aggregate_id")) which = "aggregate_id IN family"
  else continue
  const put = to.query(`INSERT INTO "${name}" VALUES (${has.map(() => "?").join(",")})`)
  for (const row of from.query(`${family} SELECT * FROM "${name}" WHERE ${which}`).values(id)) put.run(...row)
}
const was = from.query("SELECT directory FROM session WHERE id = ?").get(id).directory
to.query("UPDATE session SET directory = ?1 WHERE directory = ?2").run(directory, was)
for (const name of ["workspace_id", "share_url"])
  if (columns("session").includes(name)) to.run(`UPDATE session SET ${name} = NULL`)
to.run("COMMIT")
to.close()
'

bring() { # DATABASE STATE WORKSPACE ID
    target=$2/opencode/opencode.db
    mkdir -p "${target%/*}" || exit 73
    real=$(cd -- "$3" && pwd -P) || exit 66
    rm -f "$target"
    run "$copy_session" "$1" "$target" "$4" "$real" || exit 74
    printf '%s \n' "$4"
}

case $1 in
find) [ -z "$program" ] || [ ! -f "$database" ] || run "$find_sessions" "$database" "$2" ;;
adopt) bring "$database" "$2" "$3" "$4" ;;
clone)
    id=$(tail -n 1 "$4/conversations" 2>/dev/null | cut -d ' ' -f 2)
    if [ -n "$id" ] && [ -f "$4/opencode/opencode.db" ]; then
        brought=$(bring "$4/opencode/opencode.db" "$2" "$3" "$id") || exit
        printf '%s %s\n' "$brought" "$id"
    fi
    ;;
esac
