import { messageOf, type Queryable, type ScopeOf } from 'care-kernel'
import { ApiError, invalid, isApiError } from 'care-kernel/rest'
import { FILE_TYPES, type FileType } from './enumerations.ts'
import { fits, CHECKED_BYTES, servedAs } from './magic.ts'
import { FileContent } from './models.ts'
import type { manifest } from './manifest.ts'

/** Announced and stored properties of the bytes of a file. */
export interface Content {
  readonly mime_type: string
  readonly announced_size: number | null
  readonly etag: string | null
  readonly version: string | null
  readonly checked_at: string | null
}

/** The columns of a file that concern its bytes. */
export interface StoredFile {
  readonly id: number
  readonly file_type: FileType
  readonly internal_name: string
  readonly upload_completed: boolean
  readonly created_date: string | null
  /** Null for files of the original, and for those the server wrote. */
  readonly content: Content | null
}

/** Columns of a `StoredFile`; `x` is the file. */
export const STORED = `x.id, x.file_type, x.internal_name, x.upload_completed, x.created_date,
  (select row_to_json(n) from kernel_file_content n where n.file_id = x.id) as content`

/** A version that does not exist: its address answers 404. */
const NONE = 'unchecked'
const MARGIN_MS = 60_000

const keyOf = ({ file_type: type, internal_name: name }: Pick<StoredFile, 'file_type' | 'internal_name'>) =>
  `${FILE_TYPES[type]}/${name}`
const invalidUpload = (message: string) => invalid({ upload_completed: [message] })

/** The bytes of files: upload, check before the first read, download of the checked version. */
export class Store {
  readonly #scope: ScopeOf<typeof manifest>

  constructor(scope: ScopeOf<typeof manifest>) {
    this.#scope = scope
  }

  /** An address to PUT the bytes to: of this type and, where it was announced, this size. */
  uploadUrl(file: Pick<StoredFile, 'file_type' | 'internal_name'>, contentType: string, size: number | undefined): string {
    const { storage, config } = this.#scope
    const upload = { contentType, seconds: config.uploadSeconds, ...(size === undefined ? {} : { size }) }
    return storage.signedUrl('private', keyOf(file), { upload })
  }

  /** A signed address to read the bytes. It answers 404 for unchecked files; files of the original are served unchecked. */
  async readUrl(db: Queryable, file: StoredFile): Promise<string> {
    const { content } = file
    if (content === null) return this.#sign(file)
    if (content.checked_at === null) {
      const checked = file.upload_completed ? await this.check(db, file).catch(unlessOutage) : undefined
      return this.#sign(file, checked ? (checked.version ?? undefined) : NONE)
    }
    if (content.version === null && this.#mayChange(file) && (await this.#stat(file))?.etag !== content.etag)
      return this.#sign(file, NONE)
    return this.#sign(file, content.version ?? undefined)
  }

  /**
   * Checks the uploaded bytes and stores their version; undefined without bytes. For another size or type it deletes the bytes and throws
   * 400. Throws 503 while the store fails.
   */
  async check(db: Queryable, file: StoredFile): Promise<{ readonly version: string | null } | undefined> {
    const { storage, config, clock } = this.#scope
    const announced = file.content
    const found = announced && (await this.#stat(file))
    if (!found) return undefined
    const { size, contentType, etag, version } = found
    const first = await this.#call(
      storage.get('private', keyOf(file), { first: CHECKED_BYTES, ...(version === undefined ? {} : { version }) })
    )
    if (first === undefined) return undefined
    const problem =
      size > config.maxMegabytes * 1_048_576
        ? `The file is larger than ${config.maxMegabytes} MB.`
        : announced.announced_size !== null && announced.announced_size !== size
          ? 'The file has another size than was announced.'
          : contentType !== announced.mime_type || !fits(announced.mime_type, first)
            ? 'The file is not of the type that was announced.'
            : undefined
    if (problem !== undefined) {
      await this.#call(storage.delete('private', keyOf(file)))
      throw invalidUpload(problem)
    }
    await this.#scope
      .repository(FileContent)
      .update(db, file.id, { size, etag, version: version ?? null, checked_at: clock.now() })
    return { version: version ?? null }
  }

  /** Stores bytes that the server made. */
  async put(file: Pick<StoredFile, 'file_type' | 'internal_name'>, content: Uint8Array, contentType: string): Promise<void> {
    await this.#call(this.#scope.storage.put('private', keyOf(file), content, { contentType }))
  }

  async read(file: StoredFile): Promise<Uint8Array | undefined> {
    const version = file.content?.version ?? undefined
    return this.#call(this.#scope.storage.get('private', keyOf(file), version === undefined ? {} : { version }))
  }

  async putPicture(key: string, content: Uint8Array, contentType: string): Promise<void> {
    await this.#call(this.#scope.storage.put('public', key, content, { contentType }))
  }

  /** Deletes an unused picture; a failure is only logged. */
  async dropPicture(key: string | null): Promise<void> {
    if (key === null || key === '') return
    const { storage, logger } = this.#scope
    await storage
      .delete('public', key)
      .catch((error: unknown) => logger.warn({ reason: messageOf(error) }, 'a picture could not be removed'))
  }

  #sign(file: StoredFile, version?: string): string {
    const download = {
      seconds: this.#scope.config.downloadSeconds,
      ...servedAs(file.content?.mime_type, file.internal_name),
      ...(version === undefined ? {} : { version })
    }
    return this.#scope.storage.signedUrl('private', keyOf(file), { download })
  }

  /** Whether an address to upload may still be valid. */
  #mayChange({ created_date: created }: StoredFile): boolean {
    const { clock, config } = this.#scope
    return created !== null && Date.parse(created) + config.uploadSeconds * 1000 + MARGIN_MS > clock.now().getTime()
  }

  #stat(file: StoredFile) {
    return this.#call(this.#scope.storage.stat('private', keyOf(file)))
  }

  async #call<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      this.#scope.logger.error({ reason: messageOf(error) }, 'the file store does not answer')
      throw new ApiError(503, { detail: 'The file store does not answer, please try again.' }, { 'retry-after': '5' })
    })
  }
}

/** A failed check counts as missing bytes; an outage of the store is thrown. */
function unlessOutage(error: unknown): undefined {
  if (isApiError(error) && error.status === 400) return undefined
  throw error
}
