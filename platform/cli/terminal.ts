import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Presets, SingleBar } from 'cli-progress'
import type { Terminal } from '../../kernel/plugin/deployment.ts'

/** The command line's own terminal: results on standard output, all else on standard error. */
export interface CliTerminal extends Terminal {
  warn(line: string): void
}

const PATIENCE_MS = 2000

/** The terminal this process has. A progress bar is drawn on a terminal only, after two seconds. */
export function makeTerminal(): CliTerminal {
  // `care-kernel plan | head` closes the pipe early: what is left is of no interest.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    print: line => void process.stdout.write(`${line}\n`),
    warn: line => void process.stderr.write(`${line}\n`),
    async progress(title, total, work) {
      const bar = new SingleBar(
        {
          stream: process.stderr,
          format: `${title} {bar} {value}/{total} {eta_formatted}`,
          clearOnComplete: true,
          hideCursor: true
        },
        Presets.rect
      )
      let done = 0
      let drawn = false
      const timer = process.stderr.isTTY
        ? setTimeout(() => {
            drawn = true
            bar.start(total, done)
          }, PATIENCE_MS)
        : undefined
      try {
        const result = await work((by = 1) => {
          done += by
          if (drawn) bar.update(done)
        })
        if (!process.stderr.isTTY) process.stderr.write(`${title}: ${done} of ${total}\n`)
        return result
      } finally {
        clearTimeout(timer)
        if (drawn) bar.stop()
      }
    },
    async secret(question) {
      if (!process.stdin.isTTY) {
        const [line] = (await readAll()).split('\n')
        if (!line) throw new Error('standard input is empty: give the secret on standard input')
        return line
      }
      process.stderr.write(question)
      const silent = new Writable({ write: (chunk, encoding, done) => done() })
      const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
      try {
        return await lines.question('')
      } finally {
        lines.close()
        process.stderr.write('\n')
      }
    }
  }
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
