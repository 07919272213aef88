import type { TestKernel } from 'care-kernel/testing'

const EMPTY: Readonly<Record<string, unknown>> = {
  boolean: false,
  smallint: 0,
  integer: 0,
  bigint: 0,
  numeric: 0,
  'double precision': 0,
  jsonb: '{}',
  ARRAY: '{}'
}

/** Adds a row whose columns are as given, the rest of those that must not be null as empty as they can be. Its id and uuid. */
export async function addRow(
  kernel: TestKernel,
  table: string,
  values: Readonly<Record<string, unknown>>
): Promise<{ readonly id: number; readonly uuid: string }> {
  const needed = await kernel.sql<{ name: string; type: string }>(
    `select column_name as name, data_type as type from information_schema.columns
    where table_name = $1 and (column_name in ('created_date', 'modified_date') or (is_nullable = 'NO' and column_default is null and is_identity = 'NO'))`,
    [table]
  )
  const now = kernel.clock.now().toISOString()
  const base: Record<string, unknown> = {}
  for (const { name, type } of needed)
    base[name] = type === 'uuid' ? crypto.randomUUID() : /^(timestamp|date)/.test(type) ? now : (EMPTY[type] ?? '')
  const row = { ...base, ...values }
  const columns = Object.keys(row)
  const [made] = await kernel.sql<{ id: number; external_id: string }>(
    `insert into ${table} (${columns.map(name => `"${name}"`).join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')}) returning *`,
    Object.values(row)
  )
  return { id: made?.id ?? 0, uuid: made?.external_id ?? '' }
}
