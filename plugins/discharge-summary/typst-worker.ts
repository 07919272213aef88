// Entry point of the worker process: the compiler is native, blocks the event loop while it runs, and does not release all of its memory.
import { join } from 'node:path'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'

/** A document to compile. */
export interface TypesetRequest {
  /** The template's text. */
  readonly template: string
  /** `sys.inputs` of the template. */
  readonly inputs: Readonly<Record<string, string>>
  /** Seconds since 1970, for the PDF's own date. */
  readonly created: number
  /** A picture under its name in the template: `logo.png`. */
  readonly picture?: { readonly name: string; readonly content: Uint8Array } | undefined
}

/** A PDF, or the compiler's messages. */
type Outcome =
  | {
      readonly pdf: Uint8Array
      readonly pages: number
      /** PDF/A-2u. False: a character has no installed font and is an empty box. */
      readonly archival: boolean
    }
  | { readonly diagnostics: readonly string[] }
/** `rss`: resident memory of the worker, in bytes. */
export type TypesetResult = Outcome & { readonly rss: number }

const ARCHIVAL = 'a-2u'

/** Compiles the requests of the parent process in turn until it disconnects. `workspace`: the folder a template may read; `fonts`: a folder, or empty. */
function serve(workspace: string, fonts: string): void {
  const compiler = NodeCompiler.create({ workspace, ...(fonts ? { fontArgs: [{ fontPaths: [fonts] }] } : {}) })
  process.on('message', (request: TypesetRequest) =>
    process.send?.({ ...compile(compiler, workspace, request), rss: process.memoryUsage.rss() } satisfies TypesetResult)
  )
  process.on('disconnect', () => process.exit())
}

function compile(compiler: NodeCompiler, workspace: string, { template, inputs, created, picture }: TypesetRequest): Outcome {
  if (picture) compiler.mapShadow(join(workspace, picture.name), Buffer.from(picture.content))
  const compiled = compiler.compile({ mainFileContent: template, inputs })
  const document = compiled.result
  if (!document) {
    const taken = compiled.takeDiagnostics()
    const diagnostics = taken ? (compiler.fetchDiagnostics(taken) as { message: string; range: unknown }[]) : []
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
