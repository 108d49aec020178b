// read.js [sizes | from CURSOR | has-session ID | has-message SESSION ID]
// Shows what OpenCode's database holds of the agent's conversations: a cursor, then a line of JSON for each part of a
// message that was written since CURSOR. The cursor is a time; what was written about then is shown again.
import { Database } from "bun:sqlite"
import { existsSync, readFileSync } from "node:fs"

const OVERLAP_MS = 2000
const TRIES = 20
const state = process.env.MNGR_AGENT_STATE_DIR
const path = `${state}/opencode/opencode.db`

function conversations() {
  try {
    const lines = readFileSync(`${state}/conversations`, "utf8").split("\n").filter(Boolean)
    return [...new Set(lines.map((line) => line.split(" ")[1]))]
  } catch {
    return []
  }
}

const TREE = `WITH RECURSIVE tree(id, root, parent) AS (
  SELECT id, id, NULL FROM session WHERE id IN (SELECT value FROM json_each(?1))
  UNION SELECT session.id, tree.root, session.parent_id FROM session JOIN tree ON session.parent_id = tree.id
  WHERE session.id NOT IN (SELECT value FROM json_each(?1)))`

const SIZES = `${TREE} SELECT max(
  (SELECT coalesce(max(time_updated), 0) FROM message WHERE session_id IN (SELECT id FROM tree)),
  (SELECT coalesce(max(time_updated), 0) FROM part WHERE session_id IN (SELECT id FROM tree))) AS cursor`

const ROWS = `${TREE} SELECT tree.id AS session, tree.root AS root, tree.parent AS parent, message.id AS message,
  message.data AS info, part.id AS part, part.data AS data
  FROM tree JOIN message ON message.session_id = tree.id LEFT JOIN part ON part.message_id = message.id
  WHERE message.time_updated >= ?2 OR part.time_updated >= ?2
  ORDER BY message.time_created, message.id, part.id`

const read = {
  sizes: (db) => [String(db.query(SIZES).get(JSON.stringify(conversations())).cursor)],
  from: (db, cursor) => {
    const own = JSON.stringify(conversations())
    const rows = db.transaction(() => {
      const [now] = read.sizes(db)
      return [now, ...db.query(ROWS).all(own, Math.max(0, Number(cursor) - OVERLAP_MS)).map(line)]
    })
    return rows()
  },
  "has-session": (db, id) => [db.query("SELECT 1 FROM session WHERE id = ?").get(id) ? "yes" : "no"],
  "has-message": (db, session, id) => [
    db.query("SELECT 1 FROM part WHERE session_id = ? AND message_id = ?").get(session, id) ? "yes" : "no",
  ],
}

function line({ session, root, parent, message, info, part, data }) {
  const more = parent ? { parent } : {}
  // The texts are JSON as they stand; what is damaged is left out, and nothing else.
  const whole = (text) => {
    try {
      return JSON.parse(text)
    } catch {
      return null
    }
  }
  return JSON.stringify({ session, root, ...more, message, info: whole(info), part, data: whole(data) })
}

// While it is written to, a database can be locked for a moment.
function ask(what, words) {
  for (let attempt = 0; ; attempt++) {
    let db
    try {
      db = new Database(path, { readonly: true })
      db.exec("PRAGMA busy_timeout = 2000")
      return read[what](db, ...words)
    } catch (error) {
      if (attempt >= TRIES || !/locked|busy/i.test(String(error))) throw error
      Bun.sleepSync(50)
    } finally {
      db?.close()
    }
  }
}

const [what, ...words] = process.argv.slice(2)
let lines
try {
  lines = existsSync(path) ? ask(what, words) : undefined
} catch (error) {
  console.error(String(error.message ?? error))
}
if (lines) process.stdout.write(lines.join("\n") + "\n")
else if (what === "from") process.stdout.write(`${words[0]}\n`)
else if (what === "sizes") process.stdout.write("0\n")
