import type { FastifyInstance } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { Params } from 'care-kernel/data'
import { actorOf, describe, invalid, isUuid, notAUuid, notFound, readInput, sendJson } from 'care-kernel/rest'
import type { PatientRow } from '../contract.ts'
import { noteInput } from '../inputs.ts'
import { PatientNote, PatientNoteEdit } from '../models.ts'
import { noteReads, requireAnswerable, requireNote, roleOf } from '../notes.ts'
import { notableBy } from '../row-access.ts'
import type { PatientScope } from '../services.ts'

type OfPatient = { Params: { patient: string } }
type OneNote = { Params: { patient: string; note: string } }

const URL = '/api/v1/patient/:patient/notes/'

interface NoteRow {
  readonly id: number
  readonly external_id: string
  readonly note: string
  readonly created_by_id: number | null
}

/** `patient/{id}/notes/`, with their changes and earlier wordings (docs/api/patients.md §14). */
export function noteRoutes(app: FastifyInstance, scope: PatientScope): void {
  const { database, emit, facilities, hooks, patients, repository, slots } = scope
  const { notes, edits, written, ofPatient } = noteReads(facilities.facilities.shapes.basic, slots.joined)
  const notable = notableBy(slots.joined)
  const read = { permission: 'patient.note.read', permissionBefore405: 'patient.note.write' }

  /** The patient of the path, locked, active, and open to notes of the actor. */
  async function findNotable(tx: Tx, actor: Actor, uuid: string): Promise<PatientRow & { facility_id: number }> {
    if (!isUuid(uuid)) throw notAUuid(uuid)
    const patient = await patients.byUuid(tx, uuid, { lock: true })
    const params = new Params([patient?.id ?? null])
    const { rows } = await tx.query(
      `select from facility_patientregistration p where p.id = $1 and ${rowCondition(notable, actor, params)}`,
      params.values
    )
    if (!patient || rows.length === 0) throw notFound('PatientRegistration')
    if (!patient.is_active) throw invalid({ patient: 'Updating patient data is only allowed for active patients' })
    const { facility_id: facilityId } = patient
    if (facilityId === null) throw invalid({ patient: 'Patient is not at a facility' })
    return { ...patient, facility_id: facilityId }
  }

  const addEdit = (tx: Tx, noteId: number, note: string, at: string) =>
    repository(PatientNoteEdit).insert(tx, { patient_note_id: noteId, edited_date: at, note })

  app.get<OfPatient>(
    URL,
    {
      config: read,
      schema: describe({ summary: 'Notes on a patient', filters: notes.filters, paging: 'limit', answer: notes.shape })
    },
    async (request, reply) =>
      sendJson(reply, await notes.list(database, request, ofPatient(actorOf(request), request.params.patient)))
  )

  app.post<OfPatient>(
    URL,
    {
      config: { permission: 'patient.note.write' },
      schema: describe({ summary: 'Write a note', body: noteInput, answer: written, status: 201 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      requireNote(request)
      const json = await database.transaction(async tx => {
        const { note = '', thread, reply_to: replyTo = null } = await readInput(request, noteInput, { db: tx })
        const patient = await findNotable(tx, actor, request.params.patient)
        if (thread === undefined) throw invalid({ thread: 'This field is required' })
        const { id: patientId, external_id: uuid, facility_id: facilityId, last_consultation_id: consultationId } = patient
        if (replyTo !== null) await requireAnswerable(tx, replyTo, { patientId, consultationId, thread })
        const now = patients.now()
        const { id: noteId, external_id: noteUuid } = await repository(PatientNote).insert(tx, {
          note: note ?? '',
          thread,
          patient_id: patientId,
          facility_id: facilityId,
          consultation_id: consultationId,
          reply_to_id: replyTo,
          user_type: roleOf(actor, facilityId),
          created_date: now,
          modified_date: now
        })
        await addEdit(tx, noteId, note ?? '', now)
        await hooks['note-written'](tx, { noteId, patientId, consultationId, actor })
        const facility = patient.facility?.external_id ?? ''
        await emit(tx, 'note-written', { noteId, patientId, patient: uuid, facilityId, facility, userId: actor.id })
        return notes.one(tx, noteUuid, undefined, written)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<OneNote>(
    `${URL}:note/`,
    { config: read, schema: describe({ summary: 'A note on a patient', answer: notes.shape }) },
    async (request, reply) =>
      sendJson(reply, await notes.one(database, request.params.note, ofPatient(actorOf(request), request.params.patient)))
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<OneNote>({
      method,
      url: `${URL}:note/`,
      config: { permission: 'patient.note.write' },
      schema: describe({ summary: 'Change a note', body: noteInput, answer: notes.shape }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const where = ofPatient(actor, request.params.patient)
        const json = await database.transaction(async tx => {
          const row = await notes.row<NoteRow>(
            tx,
            request.params.note,
            'n.id, n.external_id, n.note, n.created_by_id',
            where,
            true
          )
          requireNote(request)
          const { note } = await readInput(request, noteInput, { db: tx, partial: true })
          await findNotable(tx, actor, request.params.patient)
          if (row.created_by_id !== actor.id) throw invalid({ Note: 'Only the user who created the note can edit it' })
          if (note && note !== row.note) {
            const now = patients.now()
            await repository(PatientNote).update(tx, row.id, { note, modified_date: now })
            await addEdit(tx, row.id, note, now)
          }
          return notes.one(tx, row.external_id)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.get<OneNote>(
    `${URL}:note/edits/`,
    {
      config: { permission: 'patient.note.edits' },
      schema: describe({ summary: 'What a note said before', paging: 'limit', answer: edits.shape })
    },
    async (request, reply) => {
      const { patient, note } = request.params
      if (!isUuid(note)) throw notAUuid(note)
      const where = ofPatient(actorOf(request), patient)
      const json = await edits.list(database, request, params => [
        `e.patient_note_id in (select n.id from facility_patientnotes n where n.external_id = ${params.add(note)} and not n.deleted and ${where(params).join(' and ')})`
      ])
      return sendJson(reply, json)
    }
  )

  app.get(
    `${URL}:note/edits/:edit/`,
    { config: { permission: 'patient.note.edits' }, schema: describe({ summary: 'An earlier wording by itself: not there' }) },
    () => {
      throw notFound()
    }
  )
}
