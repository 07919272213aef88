import type { Actor } from 'care-kernel'
import { all, any, not, predicate, type Asked, type Rule } from 'care-kernel/access'
import {
  atLeast,
  anyActor,
  hasFacility,
  RANK,
  readOnly,
  superuser,
  type FacilityLike
} from 'care-kernel/contracts/auth-permissions'
import { facilityWrite } from 'care-kernel/contracts/facilities'
import { FILE_TYPE, FILE_TYPES, type FileType } from './enumerations.ts'

/** The values of an owner of files that rules test. */
export interface OwnerLike {
  /** Users assigned to it. */
  readonly assigned: readonly (number | null)[]
  /** Its facilities, current and of registration. */
  readonly facilities: readonly (FacilityLike | null)[]
}

/** docs/api/gateways-jobs.md §1.3: assigned to it, or `perm` of one of its facilities. */
export const mayTouch = any<OwnerLike>(
  predicate('assigned to it', ({ id }, { assigned }) => assigned.includes(id)),
  predicate(`one of its facilities: ${hasFacility.name}`, (actor, { facilities }) =>
    facilities.some(facility => facility !== null && hasFacility.test(actor, facility))
  )
)

const STAFF: ReadonlySet<number> = new Set([RANK.staffReadOnly, RANK.staff])
const CLINICAL: ReadonlySet<number> = new Set([FILE_TYPE.patient, FILE_TYPE.consultation])

/** Staff see and add no files of patients and consultations, however the type is written (docs/api/gateways-jobs.md §1.2, §16.9a). */
export const keptFromStaff = (actor: Actor, type: FileType): boolean => STAFF.has(actor.userType) && CLINICAL.has(type)

const namesClinical = predicate<Asked>('staff that names a clinical type', (actor, { body }) => {
  const named = typeof body === 'object' && body !== null ? (body as { file_type?: unknown }).file_type : undefined
  const type = Object.entries(FILE_TYPES).find(([number, name]) => name === named || number === String(named))?.[0]
  return type !== undefined && keptFromStaff(actor, Number(type) as FileType)
})

/** The uploader or a user of higher rank changes a file (docs/api/gateways-jobs.md §1.6). */
export const mayChange = any<{ readonly uploaded_by_id: number | null }>(
  atLeast(RANK.localBodyAdmin + 1),
  predicate('uploader', (actor, { uploaded_by_id: id }) => id === actor.id)
)

/** FIX of docs/api/gateways-jobs.md §16.9a and b. Checked last, so that the original's own refusals stay. */
const writes = all<{ readonly file_type: FileType }>(
  not(readOnly),
  not(predicate('staff, of patients and consultations', (actor, { file_type: type }) => keptFromStaff(actor, type)))
)

/** Rules of files and pictures (docs/api/gateways-jobs.md §1.2, §3). */
export const fileRules = {
  'file.read': { summary: 'See files', allow: anyActor },
  'file.add': { summary: 'Add files', allow: not(namesClinical), readsBody: true, object: writes },
  'file.change': { summary: 'Rename, complete, archive and delete files', allow: anyActor, object: writes },
  'facility.picture': {
    summary: 'Change the picture of a facility',
    allow: all(not(readOnly), atLeast(RANK.staff)),
    object: facilityWrite
  },
  'user.picture': {
    summary: 'Change the picture of a user',
    allow: anyActor,
    object: any<{ readonly id: number }>(
      superuser,
      predicate('self', (actor, { id }) => actor.id === id)
    )
  }
} as const satisfies Readonly<Record<string, Rule>>
