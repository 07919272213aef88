import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'
import { Refusal } from 'care-kernel'
import type { Document } from './blocks.ts'
import type { DeclaredScope } from './scope.ts'

/** For archives: everything it needs is in it, and no character is missing. */
const ARCHIVAL = 'a-2u'
/** How many documents what the compiler remembers may stay unused. */
const REMEMBERED = 10

/** A document set in type. */
export interface Typeset {
  readonly pdf: Uint8Array
  readonly pages: number
  /** PDF/A-2u; otherwise some character has no font here, and is an empty box. */
  readonly archival: boolean
}

/** A template that cannot be set, with what the compiler says; it may hold what the document says. */
export class BrokenTemplate extends Refusal {
  readonly diagnostics: readonly string[]

  constructor(diagnostics: readonly string[]) {
    super('the template of discharge summaries does not compile: `care-kernel discharge-summary sample` says why')
    this.diagnostics = diagnostics
  }
}

/** Sets documents as PDF by Typst. The compiler, 50 MB, is loaded with the first document, and never by a process that sets none. */
export class Typesetter {
  readonly #scope: DeclaredScope
  #compiler: Promise<NodeCompiler> | undefined

  constructor(scope: DeclaredScope) {
    this.#scope = scope
  }

  /** Throws `BrokenTemplate` when the template does not compile. Takes tens of milliseconds of this process' time. */
  async set(document: Document, created: Date): Promise<Typeset> {
    const { template, logo } = this.#scope.config
    const compiler = await (this.#compiler ??= this.#load())
    const main = await readFile(template || new URL('./summary.typ', import.meta.url), 'utf8')
    const picture = logo ? `/logo${extname(logo)}` : null
    if (picture) compiler.mapShadow(picture, await readFile(logo))
    const inputs = { document: JSON.stringify({ ...document, logo: picture }) }
    const compiled = compiler.compile({ mainFileContent: main, inputs })
    const found = compiled.result
    if (!found) {
      const said = compiled.takeDiagnostics()
      const diagnostics = said ? (compiler.fetchDiagnostics(said) as { message: string; range: unknown }[]) : []
      throw new BrokenTemplate(diagnostics.map(({ message, range }) => `${JSON.stringify(range)} ${message}`))
    }
    const options = { creationTimestamp: Math.floor(created.getTime() / 1000) }
    try {
      return { pdf: compiler.pdf(found, { ...options, pdfStandard: ARCHIVAL }), pages: found.numOfPages, archival: true }
    } catch {
      return { pdf: compiler.pdf(found, options), pages: found.numOfPages, archival: false }
    } finally {
      compiler.evictCache(REMEMBERED)
    }
  }

  async #load(): Promise<NodeCompiler> {
    const { NodeCompiler: Compiler } = await import('@myriaddreamin/typst-ts-node-compiler')
    const { fonts } = this.#scope.config
    return Compiler.create(fonts ? { fontArgs: [{ fontPaths: [fonts] }] } : {})
  }
}
