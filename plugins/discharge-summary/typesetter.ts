import { fork, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Refusal } from 'care-kernel'
import type { Document } from './blocks.ts'
import type { Delivered, Order } from './press.ts'
import type { DeclaredScope } from './scope.ts'

const PRESS = fileURLToPath(new URL('./press.js', import.meta.url))
const TEMPLATE = fileURLToPath(new URL('./summary.typ', import.meta.url))
/** Memory at which a press is replaced by a new one: it begins at 150 MB and grows by about one with each document. */
const FULL_BYTES = 400_000_000
/** How long a press waits for another document. */
const IDLE_MS = 60_000

/** A document set in type. */
export type Typeset = Extract<Delivered, { pdf: Uint8Array }>

/** A template that cannot be set, with what the compiler says; it may hold what the document says. */
export class BrokenTemplate extends Refusal {
  readonly diagnostics: readonly string[]

  constructor(diagnostics: readonly string[]) {
    super('the template of discharge summaries does not compile: `care-kernel discharge-summary sample` says why')
    this.diagnostics = diagnostics
  }
}

/** Sets documents as PDF by Typst, one at a time, in a process that knows nothing but the document. */
export class Typesetter {
  readonly #scope: DeclaredScope
  #press: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(scope: DeclaredScope) {
    this.#scope = scope
  }

  /** Throws `BrokenTemplate` when the template does not compile. Ends at once when the signal fires. */
  set = (document: Document, created: Date, signal?: AbortSignal): Promise<Typeset> => {
    const turn = this.#last.then(async () => this.#deliver(await this.#order(document, created), signal))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Sends the process away. */
  stop(): void {
    clearTimeout(this.#idle)
    this.#press?.kill('SIGKILL')
    this.#press = undefined
  }

  async #order(document: Document, created: Date): Promise<Order> {
    const { template, logo } = this.#scope.config
    const name = logo ? `logo${extname(logo)}` : null
    return {
      template: await readFile(template || TEMPLATE, 'utf8'),
      inputs: { document: JSON.stringify({ ...document, logo: name && `/${name}` }) },
      created: Math.floor(created.getTime() / 1000),
      picture: name ? { name, content: await readFile(logo) } : undefined
    }
  }

  async #deliver(order: Order, signal: AbortSignal | undefined): Promise<Typeset> {
    signal?.throwIfAborted()
    clearTimeout(this.#idle)
    const delivered = await this.#ask(this.#running(), order, signal)
    if (delivered.rss > FULL_BYTES) this.stop()
    else this.#idle = setTimeout(() => this.stop(), IDLE_MS).unref()
    if ('diagnostics' in delivered) throw new BrokenTemplate(delivered.diagnostics)
    return delivered
  }

  #running(): ChildProcess {
    if (!this.#press?.connected) this.#press = this.#start()
    return this.#press
  }

  #start(): ChildProcess {
    // Without this process' environment: it holds secrets, and a template could show them.
    const { template, fonts } = this.#scope.config
    const press = fork(PRESS, [dirname(resolve(template || TEMPLATE)), fonts && resolve(fonts)], {
      serialization: 'advanced',
      env: {},
      execArgv: [],
      stdio: 'ignore'
    })
    // What is wrong shows in what is asked of it.
    press.on('error', () => undefined)
    press.unref()
    press.channel?.unref()
    return press
  }

  #ask(press: ChildProcess, order: Order, signal: AbortSignal | undefined): Promise<Delivered> {
    const done = new AbortController()
    return new Promise<Delivered>((resolve, reject) => {
      const fail = (reason: string) => {
        this.stop()
        reject(new Error(`a discharge summary was not set: ${reason}`))
      }
      const ended = () => fail('the process that sets them ended')
      press.channel?.ref()
      press.once('message', message => resolve(message as Delivered))
      press.once('exit', ended)
      signal?.addEventListener('abort', () => fail('it took too long, or the server stops'), { signal: done.signal })
      press.send(order, error => error && ended())
    }).finally(() => {
      done.abort()
      press.removeAllListeners('message').removeAllListeners('exit')
      press.channel?.unref()
    })
  }
}
