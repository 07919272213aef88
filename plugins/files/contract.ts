import { Type } from 'typebox'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { FileType } from './enumerations.ts'

export { FILE_CATEGORIES, FILE_TYPE, FILE_TYPES, type FileType } from './enumerations.ts'
export { mayTouch, type OwnerLike } from './policy.ts'

/** A file a plugin writes itself. */
export interface OwnFile {
  readonly type: FileType
  /** What it belongs to, as stored (docs/api/gateways-jobs.md §1.1). */
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
  /** Stores the bytes, then the row that names them: complete at once. Rejects with 503 while the store is away. */
  keep(tx: Tx, file: OwnFile): Promise<{ readonly id: number; readonly external_id: string }>
  /** The newest complete file of an owner as the API shows it, with an address to read from; undefined without one. */
  newest(db: Queryable, type: FileType, associatingId: string): Promise<string | undefined>
  /** The bytes of a complete file. */
  read(
    db: Queryable,
    externalId: string
  ): Promise<{ readonly name: string; readonly contentType: string; readonly content: Uint8Array } | undefined>
}

export type FileHooks = {
  /**
   * Somebody asks for files of a type whose rule this plugin does not have (samples, claims, communications). The plugin whose type it is
   * answers what to store for each of `ids`, in their order, and only where the actor may do it with all of them. No answer: refused.
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
    /** A place for a file was made; the bytes may still be on their way. */
    'file-added': Type.Object({
      fileId: Type.Integer(),
      file: Type.String({ format: 'uuid' }),
      fileType: Type.Integer(),
      associatingId: Type.String(),
      /** Whose it is, where it is a patient's or a consultation's. */
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
