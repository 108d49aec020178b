// What the inbox asks for is done here, through OpenCode's own interface, and seen to be done.
const PROOF_MS = 90000 // what OpenCode was given it does, however busy the machine is: no early no
const SCREEN_MS = 120000
const CALM_MS = 5000
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function isUp() {
  try {
    const { stdout } = Bun.spawn(["tmux", "display-message", "-p", "-t", process.env.TMUX_PANE, "#{pane_title}"], {
      stdin: "ignore",
      stderr: "ignore",
    })
    return /^(OpenCode|OC \|)/.test(await new Response(stdout).text())
  } catch {
    return false
  }
}

export class Refusal extends Error {
  constructor(why, more = {}) {
    super(more.text ?? why)
    this.told = { refused: why, ...more }
  }
}

export class Api {
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

  // Whether something works on a session: while it does, OpenCode refuses to undo an undo. Where nothing was undone,
  // that changes nothing; and where something was, nothing works on it.
  async isHeld(id) {
    const session = await this.session(id)
    if (!session || session.revert) return false
    return await this.post(`/session/${id}/unrevert`, {}).then(
      () => false,
      (error) => error.status === 409,
    )
  }

  // The message, should it be the newest of its session and no answer to it have begun.
  async unanswered(session, id) {
    const recent = await this.get(`/session/${session}/message?limit=40`)
    if (recent.findLast((each) => each.info.role === "user")?.info.id !== id) return undefined
    if (recent.some((each) => each.info.parentID === id)) return undefined
    return recent.find((each) => each.info.id === id)
  }

  // Under the ids that they have, a message and its parts are not stored a second time.
  async repeat({ info, parts }) {
    await this.post(`/session/${info.sessionID}/prompt_async`, {
      messageID: info.id,
      parts: parts.map(({ id, type, text }) => ({ id, type, text })),
      ...habitsOf(info),
    })
  }
}

const habitsOf = ({ agent, model }) => ({ agent, model, ...(model?.variant ? { variant: model.variant } : {}) })

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

export class Clerk {
  constructor(folder, api, watcher) {
    Object.assign(this, { folder, api, watcher })
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
    await this.calm()
    const dialog = this.watcher.dialog()
    if (dialog) throw new Refusal("blocked", { dialog })
    const command = await this.command(text)
    if (command) return await this.order(command)
    const session = await this.session()
    const place = before?.session === session ? before : { session, message: messageId() }
    // Written first, so that the same message is known again whatever comes in between.
    this.folder.append("given", `${id} ${place.session} ${place.message}\n`)
    this.watcher.owe(place.message)
    await this.api.post(`/session/${session}/prompt_async`, {
      messageID: place.message,
      parts: [{ type: "text", text }],
      ...(await this.habits(session)),
    })
    await this.proof(place, text)
    await this.watcher.heard({ id: place.message, sessionID: session }) // its event may come later than the proof
    return { state: "accepted", session, message: place.message }
  }

  // What OpenCode is given while a turn that failed is cleared away, it forgets.
  async calm() {
    for (let end = Date.now() + CALM_MS; this.watcher.isEnding && Date.now() < end; ) await sleep(25)
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

  // The screen comes up some seconds after this plugin, and does not hear what it is told before it has named its
  // terminal.
  async show(id) {
    for (let heard = 0, end = Date.now() + SCREEN_MS; heard < 2 && Date.now() < end; await sleep(500)) {
      if (this.watcher.main !== id) return
      if (await isUp()) heard += 1
      await this.api.post("/tui/select-session", { sessionID: id }).catch(() => undefined)
    }
  }

  // A message that is typed goes to the agent and the model that were spoken to last; so does this one.
  async habits(session) {
    const recent = await this.api.get(`/session/${session}/message?limit=40`).catch(() => [])
    const last = recent.findLast((each) => each.info.role === "user")?.info
    if (!last) return startingHabits()
    return habitsOf(last)
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
    await this.until(() => this.watcher.sure || !this.watcher.busy, "the turn has not begun yet")
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

// What the command line says of the agent and the model is known to the screen alone.
function startingHabits() {
  const words = (process.env.MNGR_ARGUMENTS ?? "").split("\n")
  const given = (long, short) => {
    for (const [place, word] of words.entries()) {
      if (word === long || word === short) return words[place + 1]
      if (word.startsWith(`${long}=`)) return word.slice(long.length + 1)
    }
    return undefined
  }
  const [agent, model] = [given("--agent"), given("--model", "-m")]
  const [providerID, ...rest] = (model ?? "").split("/")
  return { ...(agent ? { agent } : {}), ...(rest.length ? { model: { providerID, modelID: rest.join("/") } } : {}) }
}
