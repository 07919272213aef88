import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Tx } from 'care-kernel'
import { rowDisjunction } from 'care-kernel/access'
import { actorOf, describe, out, readInput, sendJson, sendList, shape, type Where } from 'care-kernel/rest'
import { CATEGORIES } from 'care-kernel/contracts/consultations'
import { commentItem, commentRoutes, commentShape } from 'care-kernel/toolkits/facilities'
import type { PatientRow } from 'care-kernel/contracts/patients'
import { shiftInput } from './inputs.ts'
import { ShiftingRequestComment } from './models.ts'
import { shiftAccess } from './row-access.ts'
import type { ShiftScope } from './scope.ts'
import { shiftFilters, shiftRequests } from './shift-requests.ts'
import { SHIFT_ROW, type ShiftRow } from './shifts.ts'

type One = { Params: { id: string } }
type Query = Record<string, string | string[]>

const visible =
  (request: FastifyRequest): Where =>
  params => [rowDisjunction(shiftAccess, actorOf(request), params)]

/** The filters of the list hold for one row, too (docs/api/shifting-resources.md §11.9). */
const visibleAndAsked =
  (request: FastifyRequest): Where =>
  params => [...visible(request)(params), ...shiftFilters.compile(request.query as Query, params)]

/** `shift/` (docs/api/shifting-resources.md §3 to §8). */
export function shiftRoutes(app: FastifyInstance, scope: ShiftScope): void {
  const { database, shifts } = scope
  const { patients } = scope.patients
  const { requests, shapes } = shiftRequests(scope.facilities.facilities.shapes, patients.shapes)

  app.get(
    '/api/v1/shift/',
    {
      config: { permission: 'shift.read', permissionBefore405: 'shift.write' },
      schema: describe({
        summary: 'Requests to shift patients; with `csv` as a table',
        filters: requests.filters,
        ordering: requests.ordering,
        paging: 'limit',
        answer: shapes.item
      })
    },
    async (request, reply) => sendList(request, reply, database, requests, visible(request))
  )

  app.post(
    '/api/v1/shift/',
    {
      config: { permission: 'shift.write' },
      schema: describe({ summary: 'Ask for a patient to be shifted', body: shiftInput, answer: shapes.written, status: 201 })
    },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const values = await readInput(request, shiftInput, { db: tx })
        return requests.one(tx, await shifts.create(tx, actorOf(request), values), undefined, shapes.written)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<One>(
    '/api/v1/shift/:id/',
    {
      config: { permission: 'shift.read', permissionBefore405: 'shift.write' },
      schema: describe({ summary: 'One request to shift a patient', answer: shapes.detail })
    },
    async (request, reply) =>
      sendJson(reply, await requests.one(database, request.params.id, visibleAndAsked(request), shapes.detail))
  )

  const held = (tx: Tx, request: FastifyRequest<One>) =>
    requests.row<ShiftRow>(tx, request.params.id, SHIFT_ROW, visibleAndAsked(request), true)

  /** The request of a path with its patient, both held, the patient first: for whoever changes the patient too. */
  async function heldWithPatient(
    tx: Tx,
    request: FastifyRequest<One>
  ): Promise<{ row: ShiftRow; patient: PatientRow | undefined }> {
    const found = visibleAndAsked(request)
    const { patient_id: patientId } = await requests.row<{ patient_id: number }>(tx, request.params.id, 'r.patient_id', found)
    const patient = await patients.byId(tx, patientId, { lock: true })
    return { row: await held(tx, request), patient }
  }

  // As PATCH, PUT leaves alone what is absent (docs/api/shifting-resources.md §3).
  const labelled = shape({ ...shapes.written.fields, patient_category: out.label("''", CATEGORIES) })
  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/shift/:id/',
      config: { permission: 'shift.write' },
      schema: describe({ summary: 'Change a request to shift a patient', body: shiftInput, answer: labelled }),
      async handler(request, reply) {
        const json = await database.transaction(async tx => {
          const row = await held(tx, request)
          const values = await readInput(request, shiftInput, { db: tx, partial: true })
          await shifts.update(tx, actorOf(request), row, values)
          const written = await requests.one(tx, row.external_id, undefined, shapes.written)
          const { patient_category: category } = values
          // Said again where it was said, nowhere else (docs/api/shifting-resources.md §4.1, QUIRK).
          return category === undefined
            ? written
            : `${written.slice(0, -1)},"patient_category":${JSON.stringify(CATEGORIES[category])}}`
        })
        return sendJson(reply, json)
      }
    })
  }

  app.post<One>(
    '/api/v1/shift/:id/transfer/',
    {
      config: { permission: 'shift.transfer' },
      schema: describe({ summary: 'Move the patient to the destination', answer: shape({ transfer: out.text("'completed'") }) })
    },
    async (request, reply) => {
      await database.transaction(async tx => {
        const { row, patient } = await heldWithPatient(tx, request)
        await shifts.transfer(tx, actorOf(request), row, patient)
      })
      return reply.send({ transfer: 'completed' })
    }
  )

  commentRoutes(app, scope, {
    path: 'shift',
    requests,
    rowAccess: shiftAccess,
    model: ShiftingRequestComment,
    permissions: { read: 'shift.read', write: 'shift.comment' },
    shapes: { listed: commentItem, one: shape({ ...commentShape.fields, external_id: out.uuid('c.external_id') }) }
  })
}
