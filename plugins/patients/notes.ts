import type { FastifyRequest } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import {
  filter,
  filters,
  invalid,
  isUuid,
  notAUuid,
  ordering,
  out,
  resource,
  shape,
  type Resource,
  type Shape,
  type Where
} from 'care-kernel/rest'
import { RANK, USER, USER_TYPES, userBaseMinimum } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import type { JoinedRows } from './contract.ts'
import { numbersOf, THREADS } from './enumerations.ts'
import { notesOf } from './row-access.ts'

const author = (alias: string) => out.object(userBaseMinimum, `from ${USER} u where u.id = ${alias}.created_by_id`)
const lastEdit = (column: string) =>
  `(select ${column} from facility_patientnotesedit e join ${USER} u on u.id = e.edited_by_id where e.patient_note_id = n.id order by e.edited_date desc, e.id desc limit 1)`

/** The note that a note answers; `r` is its row. */
const answered = shape({
  id: out.uuid('r.external_id'),
  created_by_object: author('r'),
  created_date: out.datetime('r.created_date'),
  user_type: out.text('r.user_type'),
  note: out.text('r.note')
})

/** The reads of notes in one deployment. */
export interface NoteReads {
  readonly notes: Resource
  readonly edits: Resource
  /** A new note: without the last edit. */
  readonly written: Shape
  /** Notes of the patient of a path that the actor sees; none of an unknown one. 400 for a malformed uuid. */
  ofPatient(actor: Actor, patient: string): Where
}

/** Makes the reads of a deployment (docs/api/patients.md §14); `facility` is how a facility `f` is shown. */
export function noteReads(facility: Shape, joined: JoinedRows): NoteReads {
  const access = notesOf(joined)
  const consultation = `(select c.external_id from ${joined.consultations} c where c.id = n.consultation_id)`
  const written = shape({
    id: out.uuid('n.external_id'),
    note: out.text('n.note'),
    facility: out.object(facility, `from ${FACILITY} f where f.id = n.facility_id`),
    consultation: out.uuid(consultation),
    thread: out.integer('n.thread'),
    created_by_object: author('n'),
    user_type: out.text('n.user_type'),
    created_date: out.datetime('n.created_date'),
    modified_date: out.datetime('n.modified_date'),
    reply_to_object: out.object(answered, 'from facility_patientnotes r where r.id = n.reply_to_id')
  })
  return {
    written,
    notes: resource({
      name: 'PatientNotes',
      from: 'facility_patientnotes n',
      key: { column: 'n.external_id', kind: 'uuid' },
      live: 'not n.deleted',
      filters: filters({
        thread: filter.choice('n.thread', Object.fromEntries(numbersOf(THREADS).map(thread => [String(thread), thread]))),
        consultation: filter.via(
          `n.consultation_id in (select c.id from ${joined.consultations} c where %)`,
          filter.looseUuid('c.external_id')
        )
      }),
      ordering: ordering({}, 'n.created_date desc, n.id desc'),
      shape: shape({
        ...written.fields,
        last_edited_by: out.text(lastEdit('u.username')),
        last_edited_date: out.datetime(lastEdit('e.edited_date'))
      })
    }),
    edits: resource({
      name: 'PatientNotesEdit',
      from: 'facility_patientnotesedit e',
      key: { column: 'e.id', kind: 'integer' },
      ordering: ordering({}, 'e.edited_date desc, e.id desc'),
      shape: shape({
        id: out.integer('e.id'),
        edited_by: out.object(userBaseMinimum, `from ${USER} u where u.id = e.edited_by_id`),
        edited_date: out.datetime('e.edited_date'),
        note: out.text('e.note')
      })
    }),
    ofPatient(actor, patient) {
      if (!isUuid(patient)) throw notAUuid(patient)
      return params => [
        `exists (select from facility_patientregistration p where p.id = n.patient_id and p.external_id = ${params.add(patient)} and not p.deleted and ${rowCondition(access, actor, params)})`
      ]
    }
  }
}

/** A note is not empty; this is checked first (docs/api/patients.md §14). */
export function requireNote({ body }: FastifyRequest): void {
  const { note } = (typeof body === 'object' && body !== null ? body : {}) as { readonly note?: unknown }
  if (note === undefined || note === null || (typeof note === 'string' && note.trim() === ''))
    throw invalid({ note: ['Note cannot be empty'] })
}

/** A reply has the thread, the patient and the consultation of its note. */
export async function requireAnswerable(
  tx: Tx,
  noteId: number,
  {
    patientId,
    consultationId,
    thread
  }: { readonly patientId: number; readonly consultationId: number | null; readonly thread: number }
): Promise<void> {
  const {
    rows: [note]
  } = await tx.query<{ patient_id: number; consultation_id: number | null; thread: number }>(
    'select patient_id, consultation_id, thread from facility_patientnotes where id = $1',
    [noteId]
  )
  if (note?.thread !== thread) throw invalid(['Reply to note should be in the same thread'])
  if (note.patient_id !== patientId || note.consultation_id !== consultationId)
    throw invalid(['Reply to note should be in the same consultation'])
}

/** The role of an author: doctors of other facilities are remote specialists. */
export function roleOf({ userType, homeFacilityId }: Actor, facilityId: number): string {
  if (userType === RANK.doctor && homeFacilityId !== facilityId) return 'RemoteSpecialist'
  return USER_TYPES[userType] ?? ''
}
