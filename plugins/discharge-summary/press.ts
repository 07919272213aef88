// A process of its own that sets documents in type: the compiler is native, works without a pause, and never gives back all memory it took.
import { join } from 'node:path'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'

/** What is to be set. */
export interface Order {
  /** The template's text. */
  readonly template: string
  /** `sys.inputs` of the template. */
  readonly inputs: Readonly<Record<string, string>>
  /** Seconds since 1970, for the PDF's own date. */
  readonly created: number
  /** A picture under the name by which the template knows it, `logo.png`. */
  readonly picture?: { readonly name: string; readonly content: Uint8Array } | undefined
}

/** What became of it: a PDF, or what is wrong with the template. */
export type Outcome =
  | {
      readonly pdf: Uint8Array
      readonly pages: number
      /** PDF/A-2u; otherwise some character has no font here, and is an empty box. */
      readonly archival: boolean
    }
  | { readonly diagnostics: readonly string[] }
/** `rss`: bytes of memory the process has now. */
export type Delivered = Outcome & { readonly rss: number }

/** For archives: everything it needs is in it, and no character is missing. */
const ARCHIVAL = 'a-2u'

/** Answers orders of the parent process, one after another, until it is gone. `workspace`: the folder a template may read; `fonts`: a folder, or nothing. */
function serve(workspace: string, fonts: string): void {
  const compiler = NodeCompiler.create({ workspace, ...(fonts ? { fontArgs: [{ fontPaths: [fonts] }] } : {}) })
  process.on('message', (order: Order) =>
    process.send?.({ ...set(compiler, workspace, order), rss: process.memoryUsage.rss() } satisfies Delivered)
  )
  process.on('disconnect', () => process.exit())
}

function set(compiler: NodeCompiler, workspace: string, { template, inputs, created, picture }: Order): Outcome {
  if (picture) compiler.mapShadow(join(workspace, picture.name), Buffer.from(picture.content))
  const compiled = compiler.compile({ mainFileContent: template, inputs })
  const document = compiled.result
  if (!document) {
    const said = compiled.takeDiagnostics()
    const diagnostics = said ? (compiler.fetchDiagnostics(said) as { message: string; range: unknown }[]) : []
    return { diagnostics: diagnostics.map(({ message, range }) => `${JSON.stringify(range)} ${message}`) }
  }
  const options = { creationTimestamp: created }
  try {
    return { pdf: compiler.pdf(document, { ...options, pdfStandard: ARCHIVAL }), pages: document.numOfPages, archival: true }
  } catch {
    return { pdf: compiler.pdf(document, options), pages: document.numOfPages, archival: false }
  }
}

serve(process.argv[2] ?? '', process.argv[3] ?? '')
