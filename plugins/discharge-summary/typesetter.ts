import { fork, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Refusal, type ScopeOf } from 'care-kernel'
import type { Document } from './blocks.ts'
import type { manifest } from './manifest.ts'
import type { TypesetRequest, TypesetResult } from './typst-worker.ts'

const WORKER = fileURLToPath(new URL('./typst-worker.js', import.meta.url))
const TEMPLATE = fileURLToPath(new URL('./summary.typ', import.meta.url))
/** Memory at which the worker is replaced: it starts at 150 MB and grows by about 1 MB per document. */
const MAX_WORKER_BYTES = 400_000_000
/** Idle time after which the worker is stopped. */
const IDLE_MS = 60_000

/** A compiled document. */
export type Typeset = Extract<TypesetResult, { pdf: Uint8Array }>

/** A template that does not compile, with the compiler's messages; they may quote the document. */
export class BrokenTemplate extends Refusal {
  readonly diagnostics: readonly string[]

  constructor(diagnostics: readonly string[]) {
    super('the template of discharge summaries does not compile: `care-kernel discharge-summary sample` says why')
    this.diagnostics = diagnostics
  }
}

/** Compiles documents to PDF by Typst, one at a time, in a worker process without environment or connections. */
export class Typesetter {
  readonly #config: ScopeOf<typeof manifest>['config']
  #worker: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor({ config }: Pick<ScopeOf<typeof manifest>, 'config'>) {
    this.#config = config
  }

  /** Throws `BrokenTemplate` when the template does not compile. Rejects as soon as the signal aborts. */
  typeset = (document: Document, created: Date, signal?: AbortSignal): Promise<Typeset> => {
    const turn = this.#last.then(async () => this.#run(await this.#request(document, created), signal))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Kills the worker. */
  stop(): void {
    clearTimeout(this.#idle)
    this.#worker?.kill('SIGKILL')
    this.#worker = undefined
  }

  async #request(document: Document, created: Date): Promise<TypesetRequest> {
    const { template, logo } = this.#config
    const name = logo ? `logo${extname(logo)}` : null
    return {
      template: await readFile(template || TEMPLATE, 'utf8'),
      inputs: { document: JSON.stringify({ ...document, logo: name && `/${name}` }) },
      created: Math.floor(created.getTime() / 1000),
      picture: name ? { name, content: await readFile(logo) } : undefined
    }
  }

  async #run(request: TypesetRequest, signal: AbortSignal | undefined): Promise<Typeset> {
    signal?.throwIfAborted()
    clearTimeout(this.#idle)
    const result = await this.#send(this.#running(), request, signal)
    if (result.rss > MAX_WORKER_BYTES) this.stop()
    else this.#idle = setTimeout(() => this.stop(), IDLE_MS).unref()
    if ('diagnostics' in result) throw new BrokenTemplate(result.diagnostics)
    return result
  }

  #running(): ChildProcess {
    if (!this.#worker?.connected) this.#worker = this.#start()
    return this.#worker
  }

  #start(): ChildProcess {
    // Without the environment of this process: it holds secrets, and a template could print them.
    const { template, fonts } = this.#config
    const worker = fork(WORKER, [dirname(resolve(template || TEMPLATE)), fonts && resolve(fonts)], {
      serialization: 'advanced',
      env: {},
      execArgv: [],
      stdio: 'ignore'
    })
    // A failed start is reported by the next request.
    worker.on('error', () => undefined)
    worker.unref()
    worker.channel?.unref()
    return worker
  }

  #send(worker: ChildProcess, request: TypesetRequest, signal: AbortSignal | undefined): Promise<TypesetResult> {
    const done = new AbortController()
    return new Promise<TypesetResult>((resolve, reject) => {
      const fail = (reason: string) => {
        this.stop()
        reject(new Error(`a discharge summary was not set: ${reason}`))
      }
      const ended = () => fail('the process that sets them ended')
      worker.channel?.ref()
      worker.once('message', message => resolve(message as TypesetResult))
      worker.once('exit', ended)
      signal?.addEventListener('abort', () => fail('it took too long, or the server stops'), { signal: done.signal })
      worker.send(request, error => error && ended())
    }).finally(() => {
      done.abort()
      worker.removeAllListeners('message').removeAllListeners('exit')
      worker.channel?.unref()
    })
  }
}
