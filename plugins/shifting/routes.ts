import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Tx } from 'care-kernel'
import { rowDisjunction } from 'care-kernel/access'
import { actorOf, describe, out, readInput, sendJson, sendList, shape, type Where } from 'care-kernel/rest'
import { CATEGORIES } from 'care-kernel/contracts/consultations'
import { commentItem, commentRoutes, commentShape } from 'care-kernel/toolkits/facilities'
import type { PatientRow } from 'care-kernel/contracts/patients'
import { shiftInput } from './inputs.ts'
import { ShiftingRequestComment } from './models.ts'
import { shiftFilters, shiftRequests } from './reads.ts'
import { shiftAccess } from './row-access.ts'
import type { ShiftScope } from './services.ts'
import { SHIFT_ROW, type ShiftRow } from './shifts.ts'

type One = { Params: { id: string } }
type Query = Record<string, string | string[]>

const visible =
  (request: FastifyRequest): Where =>
  params => [rowDisjunction(shiftAccess, actorOf(request), params)]

/** The detail applies the filters of the list, too (`docs/api/shifting-resources.md §11`, 9). */
const visibleAndFiltered =
  (request: FastifyRequest): Where =>
  params => [...visible(request)(params), ...shiftFilters.compile(request.query as Query, params)]

/** `shift/` (`docs/api/shifting-resources.md §3 to §8`). */
export function shiftRoutes(app: FastifyInstance, scope: ShiftScope): void {
  const { database, shifts } = scope
  const { patients } = scope.patients
  const { requests, shapes } = shiftRequests(scope.facilities.facilities.shapes, patients.shapes)

  app.get(
    '/api/v1/shift/',
    {
      config: { permission: 'shift.read', permissionBefore405: 'shift.write' },
      schema: describe({
        summary: 'Requests to shift patients; as CSV with `csv`',
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
      schema: describe({ summary: 'Create a request to shift a patient', body: shiftInput, answer: shapes.written, status: 201 })
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
      sendJson(reply, await requests.one(database, request.params.id, visibleAndFiltered(request), shapes.detail))
  )

  const locked = (tx: Tx, request: FastifyRequest<One>) =>
    requests.row<ShiftRow>(tx, request.params.id, SHIFT_ROW, visibleAndFiltered(request), true)

  /** The request of a path and its patient; locks the patient first, then the request. */
  async function lockedWithPatient(
    tx: Tx,
    request: FastifyRequest<One>
  ): Promise<{ row: ShiftRow; patient: PatientRow | undefined }> {
    const where = visibleAndFiltered(request)
    const { patient_id: patientId } = await requests.row<{ patient_id: number }>(tx, request.params.id, 'r.patient_id', where)
    const patient = await patients.byId(tx, patientId, { lock: true })
    return { row: await locked(tx, request), patient }
  }

  // PUT is partial, too (§3).
  const labelled = shape({ ...shapes.written.fields, patient_category: out.label("''", CATEGORIES) })
  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/shift/:id/',
      config: { permission: 'shift.write' },
      schema: describe({ summary: 'Change a request to shift a patient', body: shiftInput, answer: labelled }),
      async handler(request, reply) {
        const json = await database.transaction(async tx => {
          const row = await locked(tx, request)
          const values = await readInput(request, shiftInput, { db: tx, partial: true })
          await shifts.update(tx, actorOf(request), row, values)
          const written = await requests.one(tx, row.external_id, undefined, shapes.written)
          const { patient_category: category } = values
          // Echoed only where it was sent (§4.1, QUIRK).
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
        const { row, patient } = await lockedWithPatient(tx, request)
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
