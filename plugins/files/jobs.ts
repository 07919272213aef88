import type { Handling } from 'care-kernel/jobs'
import { isApiError } from 'care-kernel/rest'
import { FILE_TYPE } from './enumerations.ts'
import { manifest } from './manifest.ts'
import type { FileScope } from './services.ts'
import { STORED, type StoredFile } from './store.ts'

const DAY_MS = 86_400_000
const SLICE = 50

const OPEN = `select ${STORED}, x.associating_id from kernel_file_content n join facility_fileupload x on x.id = n.file_id
  where n.checked_at is null and x.id > $1 and x.created_date < $2 and not x.upload_completed and not x.is_archived and not x.deleted
  order by x.id limit ${SLICE}`

type Open = StoredFile & { readonly associating_id: string }

/**
 * Deletes files whose upload was never completed and whose bytes are missing or not as announced. Files whose bytes arrived are checked and kept.
 * Files of the original are left alone: nothing was announced for them here.
 */
export const clearAbandoned = {
  payload: manifest.payloads['clear-abandoned'],
  timeoutSeconds: 300,
  concurrency: 1,
  async run({ after }: { after: number }, { tx }: Handling, scope: FileScope): Promise<{ readonly cleared: number }> {
    const { clock, config, enqueue, files, store } = scope
    const before = new Date(clock.now().getTime() - config.abandonedDays * DAY_MS).toISOString()
    const { rows } = await tx.query<Open>(OPEN, [after, before])
    const gone: Open[] = []
    for (const file of rows) if (!(await store.check(tx, file).catch(unfit))) gone.push(file)
    await files.clear(
      tx,
      gone.map(({ id }) => id),
      gone.filter(({ file_type: type }) => type === FILE_TYPE.consent).map(({ associating_id: consent }) => consent)
    )
    const last = rows.at(-1)
    if (rows.length === SLICE && last) await enqueue(tx, 'clear-abandoned', { after: last.id })
    return { cleared: gone.length }
  }
} as const

/** A failed check counts as missing bytes; an outage of the store is thrown. */
function unfit(error: unknown): undefined {
  if (!isApiError(error) || error.status !== 400) throw error
}
