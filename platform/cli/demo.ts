import type { OpenKernel } from '../../kernel/lifecycle/kernel.ts'

const MARK = `create table if not exists kernel_demo (made_at timestamptz not null default now())`

/**
 * Creates the demo district in an empty database, once: the part of every plugin, in dependency order, in one transaction. Returns the
 * lines that say how to log in.
 */
export async function makeDemo({ plugins, ports: { database }, scopes }: OpenKernel): Promise<string[]> {
  if (!database || !plugins.some(({ plugin }) => plugin.demo)) return []
  return database.transaction(async tx => {
    await tx.query(`select pg_advisory_xact_lock(7238110416)`)
    await tx.query(MARK)
    const {
      rows: [made]
    } = await tx.query<{ count: number }>('select count(*) as count from kernel_demo')
    const first = made?.count === 0
    if (first) {
      const empty = await isEmpty(
        plugins.flatMap(({ plugin }) => (plugin.models ?? []).map(({ table }) => table)),
        tx
      )
      await tx.query('insert into kernel_demo default values')
      if (!empty) return []
    }
    const lines: string[] = []
    for (const { name, plugin } of plugins) {
      const scope = scopes.get(name) ?? {}
      if (first) await plugin.demo?.(tx, scope)
      lines.push(...(plugin.welcome?.(scope) ?? []))
    }
    return lines
  })
}

/** Reference rows of migrations do not count: a database without users is empty. */
async function isEmpty(tables: readonly string[], tx: { query<Row>(text: string): Promise<{ rows: Row[] }> }): Promise<boolean> {
  if (!tables.includes('users_user')) return true
  const {
    rows: [row]
  } = await tx.query<{ found: boolean }>('select exists(select 1 from users_user) as found')
  return row?.found === false
}
