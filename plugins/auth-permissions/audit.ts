import { createHash } from 'node:crypto'
import type { Logger } from 'care-kernel'
import type { ModelDefinition, Write, Writes, WrittenRow } from 'care-kernel/data'
import type { AuthSettings } from './settings.ts'

const MASK = 'xxx'

/**
 * Logs a line for every row that a repository or a model wrote, after the commit (docs/api/auth-users.md §1.23):
 * `AUDIT_LOG::<request>|<user>|<insert|update|delete>|<app.Model>|ID:<key>|<json>`. A value is masked unless its column
 * has privacy class `none`. Request and user are `-` for jobs and commands. Statements over sets of rows and writes of `technical` models are
 * not logged.
 */
export class Audit {
  readonly #writes: Writes
  readonly #logger: Logger
  readonly #on: boolean

  constructor({ writes, logger, config }: { writes: Writes; logger: Logger; config: AuthSettings }) {
    this.#writes = writes
    this.#logger = logger
    this.#on = config.auditLog
  }

  /** Observes writes if the setting `auditLog` is on. */
  start(): void {
    if (this.#on) this.#writes.observe(write => this.#log(write))
  }

  #log(write: Write): void {
    const lines = write.rows.flatMap(row => lineOf(write, row) ?? [])
    if (lines.length > 0)
      write.afterCommit(() => {
        for (const line of lines) this.#logger.info({}, line)
      })
  }
}

/** Null for an update of nothing. */
function lineOf({ action, model, context }: Write, { key, values }: WrittenRow): string | null {
  if (action === 'update' && Object.keys(values).length === 0) return null
  const [app = ''] = model.table.split('_', 1)
  const shown = action === 'insert' ? {} : masked(model, values)
  return `AUDIT_LOG::${writer(context)}|${action}|${app}.${model.name}|ID:${key ?? '-'}|${JSON.stringify(shown)}`
}

/** `<method>::<md5 of the path>::<id>|<user name>` of the request that writes. */
function writer(context: Write['context']): string {
  const request = context?.request
  if (!request) return '-|-'
  const path = createHash('md5')
    .update((request.url.split('?', 1)[0] ?? '').toLowerCase())
    .digest('hex')
  return `${request.method}::${path}::${request.id.replaceAll('-', '')}|${request.actor?.username ?? '-'}`
}

/** Only columns of privacy class none are shown. */
function masked({ columns }: ModelDefinition, values: WrittenRow['values']): WrittenRow['values'] {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, columns[name]?.privacy === 'none' ? value : MASK])
  )
}
