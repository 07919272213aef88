import { makeLogger, openCare, planCare, systemClock } from 'care-kernel/platform'
import { readConfig } from '../kernel/config/read.ts'
import { written, type Case } from './measure.ts'

/** A statement as a case runs it. */
export interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** How the product connects: what the server is told of each connection, and how many there are. */
export interface Connections {
  readonly options: string
  readonly max: number
}

/** Runs each case in this process to learn its SQL, and how it is connected. */
export async function learn(
  config: string,
  cases: readonly Case[]
): Promise<{ readonly statements: ReadonlyMap<string, readonly Statement[]>; readonly connections: Connections }> {
  const kernel = await openCare(
    await planCare(
      { raw: readConfig(config, process.env, []) },
      { role: 'web', logger: makeLogger('silent', {}), clock: systemClock() }
    )
  )
  const statements = new Map<string, readonly Statement[]>()
  try {
    await kernel.start()
    const { pool } = kernel.ports.database ?? {}
    if (!pool) throw new Error('no database is open')
    for (const { name, path, token } of cases) {
      const ask = (index: number) =>
        kernel.app.inject({ url: written(path, index), headers: { authorization: `Bearer ${token}` } })
      await ask(1)
      const original = pool.query.bind(pool) as (...given: unknown[]) => unknown
      const seen: Statement[] = []
      Object.assign(pool, {
        query: (...given: unknown[]) => {
          const { text, values = [] } = given[0] as Statement
          seen.push({ text, values })
          return original(...given)
        }
      })
      await ask(2)
      Object.assign(pool, { query: original })
      statements.set(name, seen)
    }
    const { options, max } = pool.options as typeof pool.options & { readonly options: string }
    return { statements, connections: { options, max } }
  } finally {
    await kernel.stop()
  }
}
