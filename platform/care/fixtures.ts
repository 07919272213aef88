import type { ModelDefinition } from '../../kernel/plugin/models.ts'
import { readFileSync } from 'node:fs'
import type { Terminal } from '../../kernel/plugin/deployment.ts'
import { messageOf } from '../../kernel/plugin/problems.ts'
import type { OpenKernel } from '../../kernel/lifecycle/kernel.ts'
import { models } from '../data/models.ts'
import type { Tx } from '../../kernel/ports/database.ts'

/** One object of a Django fixture. */
interface FixtureRow {
  readonly model: string
  readonly pk: number | string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface LoadResult {
  readonly loaded: number
  /** Rows left out, by model, because no enabled plugin owns it. */
  readonly skipped: Readonly<Record<string, number>>
}

const BATCH = 500

/**
 * Loads Django fixtures as the original's `loaddata`: an upsert by primary key, defaults for absent fields, lists to join
 * tables, sequences moved past the largest key. One transaction: a wrong row anywhere and nothing is loaded.
 */
export async function loadFixtures(
  kernel: OpenKernel,
  files: readonly string[],
  { strict, terminal }: { strict: boolean; terminal: Terminal }
): Promise<LoadResult> {
  const { database } = kernel.ports
  if (!database) throw new Error('no enabled plugin keeps anything in a database')
  const owned = new Map(
    [...kernel.of(models).values()].flatMap(({ definition }) =>
      definition.fixture ? [[definition.fixture.toLowerCase(), definition] as const] : []
    )
  )
  const rows = files.flatMap(readFixture)
  const skipped: Record<string, number> = {}
  const byModel = new Map<ModelDefinition, FixtureRow[]>()
  for (const row of rows) {
    const definition = owned.get(row.model.toLowerCase())
    if (definition) byModel.set(definition, [...(byModel.get(definition) ?? []), row])
    else skipped[row.model] = (skipped[row.model] ?? 0) + 1
  }
  if (strict && Object.keys(skipped).length > 0)
    throw new Error(
      `no enabled plugin owns ${Object.entries(skipped)
        .map(([model, count]) => `${model} (${count} rows)`)
        .join(', ')}; nothing was loaded`
    )

  const now = kernel.clock.now().toISOString()
  const total = [...byModel.values()].reduce((sum, group) => sum + group.length, 0)
  await terminal.progress('loading', total, advance =>
    database.transaction(async tx => {
      await tx.query('set constraints all deferred')
      for (const [definition, group] of byModel) {
        for (let at = 0; at < group.length; at += BATCH) {
          const batch = group.slice(at, at + BATCH)
          try {
            await upsert(tx, definition, batch, now)
          } catch (cause) {
            throw new Error(`${definition.fixture}: ${messageOf(cause)}; nothing was loaded`, { cause })
          }
          advance(batch.length)
        }
        await moveSequence(tx, definition)
      }
    })
  )
  for (const { name, plugin } of kernel.plugins) await plugin.afterLoad?.(kernel.scopes.get(name) ?? {})
  return { loaded: total, skipped }
}

function readFixture(file: string): FixtureRow[] {
  let rows: unknown
  try {
    rows = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`${file}: ${messageOf(cause)}; nothing was loaded`, { cause })
  }
  if (!Array.isArray(rows)) throw new Error(`${file} is not a list of fixture objects; nothing was loaded`)
  return rows.map((row: unknown, index) => {
    const { model, pk, fields } = (row ?? {}) as Partial<FixtureRow>
    if (typeof model !== 'string' || pk === undefined || typeof fields !== 'object')
      throw new Error(`${file}: object ${index + 1} lacks model, pk or fields; nothing was loaded`)
    return { model, pk, fields }
  })
}

async function upsert(
  tx: Tx,
  { table, columns, lists = {} }: ModelDefinition,
  rows: readonly FixtureRow[],
  now: string
): Promise<void> {
  const key = Object.entries(columns).find(([, { options }]) => options.primaryKey)?.[0] ?? 'id'
  const names = Object.keys(columns)
  const values = rows.map(({ pk, fields }) =>
    Object.fromEntries(names.map(name => [name, name === key ? pk : valueOf(name, fields, columns, now)]))
  )
  const updates = names.filter(name => name !== key).map(name => `"${name}" = excluded."${name}"`)
  const list = names.map(name => `"${name}"`).join(', ')
  await tx.query(
    `insert into ${table} (${list}) select ${list} from jsonb_populate_recordset(null::${table}, $1::jsonb)
    on conflict ("${key}") do update set ${updates.join(', ')}`,
    [JSON.stringify(values)]
  )
  for (const [field, { table: join, from, to, copy = {} }] of Object.entries(lists)) {
    const pairs = rows.flatMap(({ pk, fields }) =>
      Array.isArray(fields[field])
        ? (fields[field] as unknown[]).map(other => ({
            [from]: pk,
            [to]: other,
            ...Object.fromEntries(Object.entries(copy).map(([column, source]) => [column, source === key ? pk : fields[source]]))
          }))
        : []
    )
    const given = rows.filter(({ fields }) => field in fields).map(({ pk }) => pk)
    const joined = [from, to, ...Object.keys(copy)].join(', ')
    await tx.query(`delete from ${join} where ${from} = any($1)`, [given])
    await tx.query(`insert into ${join} (${joined}) select ${joined} from jsonb_populate_recordset(null::${join}, $1::jsonb)`, [
      JSON.stringify(pairs)
    ])
  }
}

/** The field's value, a list from its JSON text; absent: the application's default; `created_date` and `modified_date` absent or null: now. */
function valueOf(
  name: string,
  fields: Readonly<Record<string, unknown>>,
  columns: ModelDefinition['columns'],
  now: string
): unknown {
  const value = fields[name] ?? fields[name.replace(/_id$/, '')]
  if ((name === 'modified_date' || name === 'created_date') && (value === undefined || value === null)) return now
  if (typeof value === 'string' && isList(columns[name])) return JSON.parse(value)
  if (value !== undefined) return value
  if (name in fields || name.replace(/_id$/, '') in fields) return null
  const fallback = columns[name]?.options.defaultValue
  return typeof fallback === 'function' ? (fallback as () => unknown)() : (fallback ?? null)
}

/** Django writes the lists of array columns as JSON text. */
function isList(column: ModelDefinition['columns'][string] | undefined): boolean {
  return (column?.options.type as { key?: string } | undefined)?.key === 'ARRAY'
}

async function moveSequence(tx: Tx, { table, columns }: ModelDefinition): Promise<void> {
  const counted = Object.entries(columns).find(([, { options }]) => options.autoIncrement)?.[0]
  if (counted)
    await tx.query(
      `select setval(pg_get_serial_sequence('${table}', '${counted}'), greatest((select max(${counted}) from ${table}), 1))`
    )
}
