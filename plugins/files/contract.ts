import { Type } from 'typebox'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { FileType } from './enumerations.ts'

export { FILE_CATEGORIES, FILE_TYPE, FILE_TYPES, type FileType } from './enumerations.ts'
export { mayTouch, type OwnerLike } from './policy.ts'

/** A file that the server writes. */
export interface OwnFile {
  readonly type: FileType
  /** Key of its owner, as stored (docs/api/gateways-jobs.md §1.1). */
  readonly associatingId: string
  readonly name: string
  /** Of the stored object, without the dot. */
  readonly extension: string
  readonly contentType: string
  readonly content: Uint8Array
  /** Null: the system. */
  readonly by: number | null
}

/** What other plugins do with files. */
export interface Files {
  /** Stores the bytes, then the row that names them: upload completed. Throws 503 while the store fails. */
  keep(tx: Tx, file: OwnFile): Promise<{ readonly id: number; readonly external_id: string }>
  /** JSON of the newest complete file of an owner, with its signed address; undefined without one. */
  newest(db: Queryable, type: FileType, associatingId: string): Promise<string | undefined>
  /** The bytes of a complete file. */
  read(
    db: Queryable,
    externalId: string
  ): Promise<{ readonly name: string; readonly contentType: string; readonly content: Uint8Array } | undefined>
}

export type FileHooks = {
  /**
   * Files are requested of a type whose rule another plugin has (samples, claims, communications). The plugin of the type returns the
   * keys to store for `ids`, in their order, if the actor may act on all of them. Without an answer the request is refused.
   */
  'owners-asked': (
    db: Queryable,
    payload: {
      readonly type: FileType
      readonly ids: readonly string[]
      readonly actor: Actor
      readonly action: 'create' | 'read'
    }
  ) => Promise<readonly string[] | undefined>
}

/** Files about people, and pictures of facilities and users. */
export const files = defineContract({
  name: 'files',
  version: 1,
  services: type<{ files: Files }>(),
  events: {
    /** The row of a file was added; the bytes may not be uploaded yet. */
    'file-added': Type.Object({
      fileId: Type.Integer(),
      file: Type.String({ format: 'uuid' }),
      fileType: Type.Integer(),
      associatingId: Type.String(),
      /** The patient and the consultation of the owner, if any. */
      patientId: Type.Union([Type.Integer(), Type.Null()]),
      consultationId: Type.Union([Type.Integer(), Type.Null()]),
      by: Type.Integer()
    })
  },
  hooks: hooks<FileHooks>('owners-asked'),
  relations: {
    file: relation(
      'facility_fileupload',
      `id external_id created_date modified_date deleted name associating_id upload_completed is_archived file_type`
    )
  }
})

export const { file: FILE } = files.relations
