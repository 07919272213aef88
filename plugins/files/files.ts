import { randomUUID } from 'node:crypto'
import type { Actor, Queryable, ScopeOf, Tx } from 'care-kernel'
import { insertSql } from 'care-kernel/data'
import { isUuid, type Infer } from 'care-kernel/rest'
import { CONSENT, CONSULTATION, type Consultations } from 'care-kernel/contracts/consultations'
import type { Files, OwnFile } from './contract.ts'
import { FILE_TYPE, type FileType } from './enumerations.ts'
import type { FileInput } from './inputs.ts'
import { FileUpload } from './models.ts'
import type { Owner } from './owners.ts'
import type { manifest } from './manifest.ts'
import { added, single, withText } from './outputs.ts'
import { STORED, type Store, type StoredFile } from './store.ts'

/** Letters and digits after the last dot; anything else could be a path or personal data. */
const EXTENSION = /\.([A-Za-z0-9]{1,16})$/

/** Raw SQL: one statement for a file, with the announced type and size where the bytes are still to come. */
const INSERT = `with x as (${insertSql(FileUpload)} returning *),
  announced as (insert into kernel_file_content (file_id, mime_type, announced_size) select id, $2::text, $3::bigint from x where $2::text is not null)
  select x.id, x.external_id, x.internal_name, ${added.sql}::text as json from x`

interface Inserted {
  readonly id: number
  readonly external_id: string
  readonly internal_name: string
  /** The row as a new file is answered. */
  readonly json: string
}

/** The values of a new file. */
export type NewFile = Omit<Infer<FileInput>, 'file_type'> & { readonly file_type: FileType }

type StoringScope = ScopeOf<typeof manifest, { store: typeof Store }>

/** Adds, changes and finds rows of files; `Store` keeps the bytes. */
export class FileService implements Files {
  readonly #scope: StoringScope

  constructor(scope: StoringScope) {
    this.#scope = scope
  }

  /** Adds the row of a file that will be uploaded. */
  async add(
    tx: Tx,
    actor: Actor,
    owner: Owner,
    {
      original_name: original,
      mime_type: mimeType,
      size,
      file_type: type,
      name,
      file_category: category = 'UNSPECIFIED'
    }: NewFile
  ): Promise<Inserted> {
    const now = this.#scope.clock.now()
    const extension = EXTENSION.exec(original)?.[1]
    const seconds = Math.floor(now.getTime() / 1000)
    const made = await this.#insert(
      tx,
      {
        type,
        associatingId: owner.key,
        name,
        category,
        internalName: `${randomUUID()}${seconds}${extension ? `.${extension}` : ''}`,
        by: actor.id,
        complete: false
      },
      { mimeType, size }
    )
    await this.#counted(tx, type, owner)
    await this.#scope.emit(tx, 'file-added', {
      fileId: made.id,
      file: made.external_id,
      fileType: type,
      associatingId: owner.key,
      patientId: owner.patientId,
      consultationId: owner.consultationId,
      by: actor.id
    })
    return made
  }

  /** Writes columns of a locked file, with the actor who archives it. */
  async change(
    tx: Tx,
    actor: Actor,
    file: { readonly id: number; readonly file_type: FileType },
    owner: Owner | undefined,
    columns: Readonly<Record<string, unknown>>
  ): Promise<void> {
    const now = this.#scope.clock.now()
    const archived = columns.is_archived === true ? { archived_by_id: actor.id, archived_datetime: now } : {}
    await this.#scope.repository(FileUpload).update(tx, file.id, { ...columns, ...archived, modified_date: now })
    if (owner) await this.#counted(tx, file.file_type, owner)
  }

  /** Deletes files without bytes, and updates the types of their consents. */
  async clear(tx: Tx, ids: readonly number[], consents: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const { consultations, repository } = this.#scope
    await repository(FileUpload).updateWhere(tx, { id: ids }, { deleted: true })
    if (!consultations || consents.length === 0) return
    const { rows } = await tx.query<{ id: number }>(
      `select distinct consultation_id as id from ${CONSENT} where external_id = any($1::uuid[]) order by 1`,
      [consents]
    )
    for (const { id } of rows) await countConsents(tx, id, consultations.consultations)
  }

  keep = async (tx: Tx, { content, contentType, extension, ...file }: OwnFile) => {
    const internalName = `${randomUUID()}.${extension}`
    await this.#scope.store.put({ file_type: file.type, internal_name: internalName }, content, contentType)
    return this.#insert(tx, { ...file, internalName, category: 'UNSPECIFIED', complete: true })
  }

  newest = async (db: Queryable, type: FileType, associatingId: string): Promise<string | undefined> => {
    const {
      rows: [row]
    } = await db.query<StoredFile & { json: string }>(
      `select ${STORED}, ${single.sql}::text as json from facility_fileupload x
      where x.file_type = $1 and x.associating_id = $2 and x.upload_completed and not x.is_archived and not x.deleted
      order by x.created_date desc nulls last, x.id desc limit 1`,
      [type, associatingId]
    )
    return row && this.answer(db, row)
  }

  read = async (db: Queryable, externalId: string) => {
    if (!isUuid(externalId)) return undefined
    const {
      rows: [row]
    } = await db.query<StoredFile & { name: string }>(
      `select ${STORED}, x.name from facility_fileupload x where x.external_id = $1 and x.upload_completed and not x.deleted`,
      [externalId]
    )
    const content = row && (await this.#scope.store.read(row))
    return content && { name: row.name, contentType: row.content?.mime_type ?? 'application/octet-stream', content }
  }

  /** A single file with its address. */
  async answer(db: Queryable, row: StoredFile & { readonly json: string }): Promise<string> {
    return withText(row.json, 'read_signed_url', await this.#scope.store.readUrl(db, row))
  }

  async #insert(
    tx: Tx,
    file: Omit<OwnFile, 'content' | 'contentType' | 'extension'> & {
      readonly internalName: string
      readonly category: string
      readonly complete: boolean
    },
    announced: { readonly mimeType?: string; readonly size?: number | undefined } = {}
  ): Promise<Inserted> {
    const row = {
      name: file.name,
      internal_name: file.internalName,
      associating_id: file.associatingId,
      file_type: file.type,
      file_category: file.category,
      upload_completed: file.complete,
      uploaded_by_id: file.by
    }
    const [made] = await this.#scope
      .repository(FileUpload)
      .insertWith<Inserted>(tx, INSERT, [row], [announced.mimeType ?? null, announced.size ?? null])
    if (!made) throw new Error('no file was added')
    return made
  }

  async #counted(tx: Tx, type: FileType, { consultationId }: Owner): Promise<void> {
    const { consultations } = this.#scope
    if (type === FILE_TYPE.consent && consultationId !== null && consultations)
      await countConsents(tx, consultationId, consultations.consultations)
  }
}

const LOCK_CONSULTATION = `select id from ${CONSULTATION} where id = $1 for no key update`
const CURRENT_TYPES = `select distinct k.type from ${CONSENT} k
  join facility_fileupload x on x.file_type = 7 and x.associating_id = k.external_id::text and not x.is_archived and not x.deleted
  where k.consultation_id = $1 and not k.archived and not k.deleted order by k.type`

/** Stores which types of consent have a current file (docs/api/gateways-jobs.md §1.7). Locks the consultation, so that concurrent writers count each other's files. */
async function countConsents(tx: Tx, consultationId: number, consultations: Consultations): Promise<void> {
  await tx.query(LOCK_CONSULTATION, [consultationId])
  const { rows } = await tx.query<{ type: number }>(CURRENT_TYPES, [consultationId])
  await consultations.setConsents(
    tx,
    consultationId,
    rows.map(({ type }) => type)
  )
}
