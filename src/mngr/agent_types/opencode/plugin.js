// Runs inside OpenCode: writes down what its agent does, and does what `inbox/` asks for.
// Nothing here may ever stop OpenCode: whatever fails is swallowed, or told to whoever asked.
import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, watch, writeFileSync } from "node:fs"
import { Api, Clerk, Refusal } from "./clerk.js"
import { Folder, quietly, Watcher } from "./watcher.js"

const POLL_MS = 500
const CHECK_MS = 1000

class Inbox {
  constructor(path, clerk) {
    Object.assign(this, { path, clerk, working: false, again: false, stopped: false })
    mkdirSync(path, { recursive: true, mode: 0o700 })
    this.watching = quietly(() => watch(path, () => this.work()))
    this.watching?.on?.("error", () => undefined)
    this.polling = setInterval(() => this.work(), POLL_MS)
  }

  stop() {
    this.stopped = true
    clearInterval(this.polling)
    quietly(() => this.watching?.close())
  }

  async work() {
    this.again = true
    if (this.working || this.stopped) return
    this.working = true
    while (this.again && !this.stopped) {
      this.again = false
      for (const name of this.requests()) await this.handle(name)
    }
    this.working = false
  }

  requests() {
    const names = quietly(() => readdirSync(this.path)) ?? []
    return names.filter((name) => /\.(json|taken)$/.test(name)).sort()
  }

  async handle(name) {
    const stem = name.replace(/\.[a-z]+$/, "")
    const taken = `${this.path}/${stem}.taken`
    try {
      if (name.endsWith(".json")) renameSync(`${this.path}/${name}`, taken)
      const answer = await this.answer(taken)
      writeFileSync(`${this.path}/${stem}.new`, JSON.stringify(answer) + "\n", { mode: 0o600 })
      renameSync(`${this.path}/${stem}.new`, `${this.path}/${stem}.done`)
      rmSync(taken, { force: true })
    } catch {
      quietly(() => rmSync(taken, { force: true }))
    }
  }

  async answer(path) {
    try {
      const request = JSON.parse(readFileSync(path, "utf8"))
      // Whoever asked for it has gone, and was told that it failed.
      if (!(request.until > Date.now() / 1000)) throw new Refusal("late")
      return await this.clerk.act(request)
    } catch (error) {
      return error.told ?? { refused: "error", text: String(error.message ?? error) }
    }
  }
}

export const Mngr = async ({ client, directory }) => {
  const state = process.env.MNGR_AGENT_STATE_DIR
  if (!state || process.env.MNGR_PROGRAM_PID !== String(process.pid)) return {}
  if (quietly(() => realpathSync(state)) !== import.meta.dir) return {} // of an agent that made this one
  const before = globalThis.mngrPlugin
  if (before && before.directory !== directory) return {} // of another folder that OpenCode looks into
  before?.inbox?.stop()
  clearInterval(before?.checking)
  const folder = new Folder(state)
  const api = new Api(client)
  const watcher = new Watcher(folder, api)
  if (before) watcher.main = before.watcher.main
  const clerk = new Clerk(folder, api, watcher)
  const plugin = { directory, watcher, inbox: undefined, last: Promise.resolve() }
  globalThis.mngrPlugin = plugin
  const inTurn = (action) => (plugin.last = plugin.last.then(action).catch(() => undefined))
  plugin.checking = setInterval(() => inTurn(() => watcher.check()), CHECK_MS)
  setTimeout(() => {
    plugin.inbox = quietly(() => new Inbox(`${state}/inbox`, clerk))
    folder.sign("ready")
    plugin.inbox?.work()
  }, 0)
  return {
    // One after the other, in the order in which they happened.
    event: ({ event }) => {
      inTurn(() => watcher.hear(event))
    },
    "shell.env": async (_, output) => {
      // Another OpenCode that is started there is none of ours.
      for (const name of ["MNGR_PROGRAM_PID", "MNGR_CONVERSATION"]) output.env[name] = ""
      output.env.npm_config_fetch_retries = process.env.MNGR_USER_FETCH_RETRIES || "2" // npm's own default
      output.env.OPENCODE_CONFIG_CONTENT = process.env.MNGR_USER_OPENCODE_CONFIG_CONTENT ?? ""
    },
  }
}
