// What OpenCode does, as its events tell it, written down in the agent's folder as `observe/hook.sh` does.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs"

const QUIET_MS = 2500
const START_MS = 20000 // from a message to the turn that it begins
const REVIVALS = 3 // how often OpenCode is told again of a message that it stored and forgot
const FORGOTTEN = "OpenCode holds the last message, and does not begin to work on it"
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

export const quietly = (action) => {
  try {
    return action()
  } catch {
    return undefined
  }
}

export class Folder {
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

export class Watcher {
  constructor(folder, api) {
    this.folder = folder
    this.api = api
    this.main = process.env.MNGR_CONVERSATION || undefined
    this.parents = new Map() // of each session, as far as it is known; null for those of a person
    this.messages = new Set()
    this.owed = new Map() // messages that were given and that no turn has taken up yet: how often they were given again
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
      else if (id === this.main) this.takeUp(told.info.parentID)
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
    this.takeUp()
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
      if (id !== this.main) return
      this.goOn()
    } else if (status?.type === "idle" && id === this.main) {
      // Between a message and the turn that it begins, it is the turn before that is told to be over.
      if ((this.sure || this.end) && !(await this.isWorking())) this.settle()
    }
  }

  // What works on a turn looks at all messages when it begins, and says that it is busy before.
  goOn() {
    this.begin()
    if (this.end?.word === "failed") this.end = undefined // an error that was not the end
    if (!this.sure) this.takeUp()
    this.sure = true
  }

  // After an error OpenCode says that it is idle before what works on the turn has gone; that only its refusal tells.
  async isWorking() {
    const status = (await this.api.get("/session/status"))[this.main]
    return (status !== undefined && status.type !== "idle") || (await this.api.isHeld(this.main))
  }

  begin() {
    if (this.busy) return
    this.busy = this.sure = true
    this.quietSince = this.end = undefined
    this.folder.sign("begun")
  }

  get isEnding() {
    return this.busy && this.end !== undefined
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
    this.takeUp()
    this.folder.sign(word, payload)
  }

  // The turn is over. What was given while it ended may have been stored for nobody: then the next one is due.
  settle() {
    const { busy, sure, end } = this
    if (!busy || !sure || end?.word === "interrupted" || !this.due()) return this.finish()
    this.sure = false
    this.end = this.said = undefined
    this.quietSince = Date.now()
    if (this.retrying || this.open.size) this.resume()
    this.open.clear()
  }

  // Should an event have been missed: a turn that OpenCode knows nothing of is over.
  async check() {
    if (!this.busy) return
    if (await this.isWorking()) {
      this.quietSince = undefined
      return
    }
    this.quietSince ??= Date.now()
    const quiet = Date.now() - this.quietSince
    if (quiet < QUIET_MS) return
    if (this.sure || this.end) this.settle()
    else if (this.due()) await this.revive(this.due())
    else if (quiet > START_MS) this.finish()
  }

  // ---- messages that OpenCode stores while what worked on the turn before goes: nothing of its own takes them up

  owe(id) {
    this.owed.set(id, 0)
  }

  // The newest that its record holds and that nothing has taken up.
  due() {
    return [...this.owed.keys()].findLast((id) => this.messages.has(id))
  }

  // What takes up a message has read those before it, too.
  takeUp(last) {
    for (const id of this.owed.keys()) if (this.messages.has(id) && !(id > last)) this.owed.delete(id)
  }

  async revive(id) {
    const found = await this.api.unanswered(this.main, id)
    const times = this.owed.get(id)
    if (!found) return this.finish()
    if (times === REVIVALS) {
      this.fail({ data: { message: FORGOTTEN } })
      return this.finish()
    }
    if (!found.parts.length) return
    this.owed.set(id, times + 1)
    this.quietSince = undefined
    await this.api.repeat(found)
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
