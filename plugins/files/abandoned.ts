import type { Handling } from 'care-kernel/jobs'
import { isApiError } from 'care-kernel/rest'
import { Type, type Static } from 'typebox'
import { FILE_TYPE } from './enumerations.ts'
import type { FileScope } from './scope.ts'
import { STORED, type StoredFile } from './store.ts'

const DAY_MS = 86_400_000
const SLICE = 50
const payload = Type.Object({ after: Type.Integer() })

const OPEN = `select ${STORED}, x.associating_id from kernel_file_content n join facility_fileupload x on x.id = n.file_id
  where n.checked_at is null and x.id > $1 and x.created_date < $2 and not x.upload_completed and not x.is_archived and not x.deleted
  order by x.id limit ${SLICE}`

type Open = StoredFile & { readonly associating_id: string }

/**
 * Places for files that were asked for days ago and never told to be complete. Where no bytes came, or others than were announced, the place is
 * deleted; where they came the file stays, looked at now, and can be read. Files of the original are left alone: what it knew of them is not known here.
 */
export const clearAbandoned = {
  payload,
  timeoutSeconds: 300,
  concurrency: 1,
  async run({ after }: Static<typeof payload>, { tx }: Handling, scope: FileScope): Promise<{ readonly cleared: number }> {
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

/** Bytes that are not what was announced are no file; a store that is away is no answer. */
function unfit(error: unknown): undefined {
  if (!isApiError(error) || error.status !== 400) throw error
}
