// Runs inside OpenCode: writes down what its agent does, and does what `inbox/` asks for.
// Nothing here may ever stop OpenCode: whatever fails is swallowed, or told to whoever asked.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from "node:fs"

const POLL_MS = 500
const PROOF_MS = 20000
const SCREEN_MS = 15000
const CHECK_MS = 1000
const QUIET_MS = 2500
const LIMIT = 16000
const KINDS = {
  session: "conversation",
  ready: "program_ready",
  begun: "turn_begun",
  ended: "turn_ended",
  interrupted: "turn_interrupted",
  failed: "turn_failed",
  asked: "dialog_opened",
  answered: "dialog_closed",
  retrying: "turn_retrying",
}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const quietly = (action) => {
  try {
    return action()
  } catch {
    return undefined
  }
}

class Refusal extends Error {
  constructor(why, more = {}) {
    super(more.text ?? why)
    this.told = { refused: why, ...more }
  }
}

// ---- the agent's folder: signs, the open question, conversations, events

class Folder {
  constructor(path) {
    this.path = path
  }

  write(name, text) {
    const fresh = `${this.path}/${name}.${process.pid}`
    writeFileSync(fresh, text, { mode: 0o600 })
    renameSync(fresh, `${this.path}/${name}`)
  }

  append(name, text) {
    appendFileSync(`${this.path}/${name}`, text, { mode: 0o600 })
  }

  sign(word, payload) {
    quietly(() => {
      const now = Date.now()
      const line = `${(now / 1000).toFixed(3)} opencode ${word}\n`
      if (payload) this.write("asked", JSON.stringify(payload).slice(0, LIMIT) + "\n")
      // What was before a turn's begin says nothing any more.
      if (word === "begun") this.write("signs", line)
      else this.append("signs", line)
      const time = new Date(now).toISOString().slice(0, 19) + "Z"
      this.append("events.jsonl", JSON.stringify({ time, source: "opencode", type: KINDS[word] }) + "\n")
    })
  }

  lines(name) {
    return quietly(() => readFileSync(`${this.path}/${name}`, "utf8").split("\n").filter(Boolean)) ?? []
  }

  conversation(id) {
    const last = this.lines("conversations").at(-1)?.split(" ")[1]
    if (last === id) return
    quietly(() => this.append("conversations", `${(Date.now() / 1000).toFixed(3)} ${id} \n`))
    this.sign("session")
  }
}

// ---- what the agent does, as events tell it

class Watcher {
  constructor(folder, api) {
    this.folder = folder
    this.api = api
    this.main = process.env.MNGR_CONVERSATION || undefined
    this.parents = new Map() // of each session, as far as it is known; null for those of a person
    this.messages = new Set()
    this.busy = false
    this.sure = true // OpenCode itself said that it is busy
    this.quietSince = undefined // since when it does not say so any more
    this.retrying = false
    this.end = undefined // how the turn will have ended, once it is idle
    this.open = new Map() // dialogs, the oldest first
    this.said = undefined // the dialog that the last sign tells of
    this.replies = new Map() // what became of dialogs
  }

  async parentOf(id) {
    if (!this.parents.has(id)) {
      const session = await this.api.session(id)
      if (!session) return undefined
      this.parents.set(id, session.parentID ?? null)
    }
    return this.parents.get(id)
  }

  async isOwn(id) {
    for (let each = id; each; each = await this.parentOf(each)) if (each === this.main) return true
    return false
  }

  async hear({ type, properties: told = {} }) {
    const id = told.sessionID ?? told.info?.sessionID
    if (type === "session.created" || type === "session.updated") {
      this.parents.set(told.info.id, told.info.parentID ?? null)
    } else if (type === "message.updated") {
      if (told.info.role === "user") await this.heard(told.info)
    } else if (type === "session.status") {
      await this.status(id, told.status)
    } else if (type === "session.error") {
      if (id && id === this.main) this.fail(told.error ?? {})
    } else if (type === "permission.asked" || type === "question.asked") {
      if (await this.isOwn(id)) this.ask({ type: type.split(".")[0], ...told, answers: [] })
    } else if (/^(permission|question)\.(replied|rejected)$/.test(type)) {
      this.close(told.requestID ?? told.permissionID ?? told.id, told.reply ?? told.response ?? type.split(".")[1])
    } else if (type === "session.deleted" && told.info?.id === this.main) {
      this.main = undefined
    }
  }

  // A message that was not there before begins a turn, some time before OpenCode says that it is busy.
  async heard({ id, sessionID }) {
    await this.follow(sessionID)
    if (sessionID !== this.main || this.messages.has(id)) return
    this.messages.add(id)
    if (!this.busy) {
      this.begin()
      this.sure = false
    }
  }

  // The agent's conversation is the one that was spoken in last, whoever did.
  async follow(id) {
    if (id === this.main || (await this.parentOf(id)) !== null) return
    this.main = id
    this.busy = this.retrying = false
    this.folder.conversation(id)
  }

  async status(id, status) {
    if (status?.type === "retry") {
      if (!(await this.isOwn(id))) return
      this.begin()
      this.retrying = true
      this.folder.sign("retrying", { type: "retry", attempt: status.attempt, message: status.message, next: status.next })
    } else if (status?.type === "busy") {
      if (this.retrying && (await this.isOwn(id))) this.resume()
      if (id === this.main) this.begin()
      this.sure = true
    } else if (status?.type === "idle" && id === this.main) {
      this.finish()
    }
  }

  begin() {
    if (this.busy) return
    this.busy = this.sure = true
    this.quietSince = this.end = undefined
    this.folder.sign("begun")
  }

  resume() {
    this.retrying = false
    this.folder.sign("answered")
  }

  fail(error) {
    const aborted = error.name === "MessageAbortedError"
    this.end = aborted ? { word: "interrupted" } : { word: "failed", payload: { type: "error", error } }
    if (!this.busy) this.finish()
  }

  finish() {
    if (!this.busy && !this.end) return
    const { word, payload } = this.end ?? { word: "ended" }
    this.busy = this.retrying = false
    this.end = this.said = undefined
    this.open.clear()
    this.folder.sign(word, payload)
  }

  // Should an event have been missed: a turn that OpenCode knows nothing of is over.
  async check() {
    if (!this.busy) return
    const status = (await this.api.get("/session/status"))[this.main]
    if (status && status.type !== "idle") this.quietSince = undefined
    else {
      this.quietSince ??= Date.now()
      if (Date.now() - this.quietSince > (this.sure ? QUIET_MS : PROOF_MS)) this.finish()
    }
  }

  ask(dialog) {
    this.open.set(dialog.id, dialog)
    this.show()
  }

  close(id, how) {
    this.replies.set(id, how)
    if (!this.open.delete(id)) return
    if (this.open.size) this.show()
    else {
      this.said = undefined
      this.folder.sign("answered")
    }
  }

  dialog() {
    return this.open.values().next().value
  }

  show() {
    const dialog = this.dialog()
    const key = `${dialog.id} ${dialog.answers.length}`
    if (this.said === key) return
    this.said = key
    this.folder.sign("asked", dialog)
  }
}

// ---- OpenCode's own interface, in this very process

class Api {
  constructor(client) {
    this.client = client
  }

  async call(method, url, body) {
    const answer = await this.client._client[method]({ url, body, headers: { "content-type": "application/json" } })
    if (answer.error !== undefined || (answer.response && !answer.response.ok)) {
      const said = answer.error?.data?.message ?? answer.error?.message ?? JSON.stringify(answer.error ?? {})
      const failure = new Error(`OpenCode answered ${answer.response?.status ?? "nothing"}: ${said}`.slice(0, 1000))
      failure.status = answer.response?.status
      throw failure
    }
    return answer.data
  }

  get(url) {
    return this.call("get", url)
  }

  post(url, body) {
    return this.call("post", url, body)
  }

  async found(url) {
    try {
      return await this.get(url)
    } catch (error) {
      if (error.status === 404 || error.status === 400) return undefined
      throw error
    }
  }

  session(id) {
    return this.found(`/session/${id}`).catch(() => undefined)
  }

  message(session, id) {
    return this.found(`/session/${session}/message/${id}`)
  }
}

// ---- what the inbox asks for

// Ids sort by the time they were made at, as OpenCode's own do: its turns go by that order.
let counter = 0
let lastTime = 0
function messageId() {
  const now = Math.max(Date.now(), lastTime)
  counter = now === lastTime ? counter + 1 : 1
  lastTime = now
  const time = (BigInt(now) * 0x1000n + BigInt(counter)) & 0xffffffffffffn
  const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
  const random = crypto.getRandomValues(new Uint8Array(14))
  return `msg_${time.toString(16).padStart(12, "0")}${Array.from(random, (each) => letters[each % 62]).join("")}`
}

class Clerk {
  constructor(folder, api, watcher) {
    Object.assign(this, { folder, api, watcher, loaded: Date.now() })
  }

  async act(request) {
    const kinds = { message: "message", answer: "answer", interrupt: "interrupt", question: "question" }
    if (!kinds[request.kind]) throw new Refusal("unknown", { text: `there is no ${request.kind}` })
    return await this[request.kind](request)
  }

  question() {
    return { dialog: this.watcher.dialog() ?? null }
  }

  async message({ id, text }) {
    const before = this.given(id)
    if (before && (await this.api.message(before.session, before.message))) return { state: "accepted" }
    const dialog = this.watcher.dialog()
    if (dialog) throw new Refusal("blocked", { dialog })
    const command = await this.command(text)
    if (command) return await this.order(command)
    const session = await this.session()
    const place = before?.session === session ? before : { session, message: messageId() }
    // Written first, so that the same message is known again whatever comes in between.
    this.folder.append("given", `${id} ${place.session} ${place.message}\n`)
    await this.api.post(`/session/${session}/prompt_async`, {
      messageID: place.message,
      parts: [{ type: "text", text }],
      ...(await this.habits(session)),
    })
    await this.proof(place, text)
    return { state: "accepted", session, message: place.message }
  }

  given(id) {
    const found = this.folder.lines("given").findLast((line) => line.startsWith(`${id} `))
    if (!found) return undefined
    const [, session, message] = found.split(" ")
    return { session, message }
  }

  // Where nobody has spoken yet there is no session; it is made, and shown.
  async session() {
    const { main } = this.watcher
    if (main && (await this.api.session(main))) return main
    const { id } = await this.api.post("/session", {})
    this.watcher.parents.set(id, null)
    await this.watcher.follow(id)
    this.show(id)
    return id
  }

  // The screen comes up some seconds after this plugin, and does not hear what is said to it before.
  async show(id) {
    do {
      await this.api.post("/tui/select-session", { sessionID: id }).catch(() => undefined)
      await sleep(1000)
    } while (Date.now() < this.loaded + SCREEN_MS && this.watcher.main === id)
  }

  // A message that is typed goes to the agent and the model that were spoken to last; so does this one.
  async habits(session) {
    const recent = await this.api.get(`/session/${session}/message?limit=40`).catch(() => [])
    const last = recent.findLast((each) => each.info.role === "user")?.info
    if (!last) return startingHabits()
    return { agent: last.agent, model: last.model, ...(last.variant ? { variant: last.variant } : {}) }
  }

  async proof({ session, message }, text) {
    for (let end = Date.now() + PROOF_MS; Date.now() < end; await sleep(25)) {
      const found = await this.api.message(session, message).catch(() => undefined)
      if (found?.parts?.some((part) => part.type === "text" && part.text === text)) return
    }
    const { error } = this.watcher.end?.payload ?? {}
    throw new Refusal("unproven", { text: error?.data?.message ?? "its record does not show the message" })
  }

  // ---- commands of OpenCode's own

  async command(text) {
    const [, name, rest] = /^\/([\w:.-]+)(?:[ \t]+([^\n]*))?$/.exec(text.trim()) ?? []
    if (!name) return undefined
    if (SCREEN_COMMANDS[name] && !rest) return { screen: SCREEN_COMMANDS[name] }
    const known = await this.api.get("/command").catch(() => [])
    return known.some((each) => each.name === name) ? { command: name, arguments: rest ?? "" } : undefined
  }

  async order(order) {
    if (order.screen) {
      await this.api.post("/tui/execute-command", { command: order.screen })
      return { state: "typed" }
    }
    const session = await this.session()
    // It answers when the turn is over, and tells of its failure as an event.
    this.api.post(`/session/${session}/command`, { ...order, messageID: messageId() }).catch(() => undefined)
    return { state: "typed" }
  }

  // ---- dialogs

  async answer({ dialog: id, answered, reply, labels }) {
    const dialog = this.watcher.dialog()
    if (!dialog || dialog.id !== id || dialog.answers.length !== answered) throw new Refusal("changed")
    if (dialog.type === "permission") await this.api.post(`/permission/${id}/reply`, { reply })
    else {
      dialog.answers.push(labels)
      if (dialog.answers.length < dialog.questions.length) {
        this.watcher.show()
        return { state: "answered", more: true }
      }
      try {
        await this.api.post(`/question/${id}/reply`, { answers: dialog.answers })
      } catch (error) {
        dialog.answers.pop()
        throw error
      }
    }
    await this.until(() => this.watcher.replies.has(id) && this.watcher.dialog()?.id !== id, "the question is still open")
    return { state: "answered" }
  }

  async interrupt() {
    const { main } = this.watcher
    if (!main || !(await this.isBusy(main))) return { ended: false }
    // Where no answer has begun yet, OpenCode itself does not tell how the turn ended.
    this.watcher.end ??= { word: "interrupted" }
    await this.api.post(`/session/${main}/abort`)
    await this.until(async () => !this.watcher.busy && !(await this.isBusy(main)), "the turn did not end")
    return { ended: true }
  }

  async isBusy(id) {
    const status = (await this.api.get("/session/status"))[id]
    return this.watcher.busy || (status !== undefined && status.type !== "idle")
  }

  async until(sign, text) {
    for (let end = Date.now() + PROOF_MS; Date.now() < end; await sleep(25)) if (await sign()) return
    throw new Refusal("unproven", { text })
  }
}

const SCREEN_COMMANDS = { new: "session.new", clear: "session.new", compact: "session.compact" }

function startingHabits() {
  return {}
}

// ---- the inbox

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

// ---- the plugin

export const Mngr = async ({ client, directory }) => {
  const state = process.env.MNGR_AGENT_STATE_DIR
  if (!state || process.env.MNGR_PROGRAM_PID !== String(process.pid)) return {}
  const before = globalThis.mngrPlugin
  if (before && before.directory !== directory) return {} // of another folder that OpenCode looks into
  before?.inbox?.stop()
  clearInterval(before?.checking)
  delete process.env.npm_config_fetch_retries
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
      for (const name of ["MNGR_PROGRAM_PID", "MNGR_CONVERSATION"]) output.env[name] = ""
    },
  }
}
