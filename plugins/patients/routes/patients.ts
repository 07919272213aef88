import type { FastifyInstance, FastifyRequest } from 'fastify'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { actorOf, describe, isUuid, notAUuid, out, sendJson, shape, type Query, valueOf } from 'care-kernel/rest'
import type { PatientRow } from '../contract.ts'
import { patientCsv } from '../csv.ts'
import { listedFor, patientReads, type PatientReads } from '../reads.ts'
import { STORED, type Stored } from '../registration.ts'
import type { PatientScope } from '../services.ts'
import { transfer } from '../transfer.ts'

export type One = { Params: { id: string } }

/** `alone` of a patient, and whether there are contacts. */
interface Whole {
  readonly json: string
  readonly contacts: boolean
}

/** Patients are also served to clients with basic authentication (docs/api/patients.md §3). */
export const SCHEME = 'user+basic'

const queryOf = (request: FastifyRequest) => request.query as Query

/** `patient/` with its history and transfer (docs/api/patients.md §5 to §11). */
export function patientRoutes(app: FastifyInstance, scope: PatientScope): void {
  const { database, facilities, patients, permissions, registration } = scope
  const { shapes, visible } = patients
  const reads = patientReads(shapes, scope.slots.joined)
  const { listed, history } = reads
  const csv = patientCsv(scope, listed)
  // Contacts are rare and double the cost of the statement: patients with contacts take a second one.
  const whole = `exists (select from facility_patientcontactdetails k where k.patient_id = p.id and not k.deleted) as contacts, ${shapes.alone.sql}::text as json`
  const wholeRow = `${patients.columns}, ${whole}`
  const one = (request: FastifyRequest<One>) => visible(actorOf(request), { retrieving: request.method === 'GET' })

  app.get(
    '/api/v1/patient/',
    {
      config: { permission: 'patient.list', scheme: SCHEME, permissionBefore405: 'patient.write' },
      schema: describe({
        summary: 'Patients one sees; with `csv` as a table',
        filters: listed.filters,
        ordering: listed.ordering,
        paging: 'limit',
        answer: shapes.list
      })
    },
    async (request, reply) => {
      const query = queryOf(request)
      const where = listedFor(visible, actorOf(request), query)
      if (valueOf(query, 'csv') !== undefined) return csv(request, reply, where)
      return sendJson(reply, await listed.list(database, request, where))
    }
  )

  app.post(
    '/api/v1/patient/',
    {
      config: { permission: 'patient.write', scheme: SCHEME },
      schema: describe({
        summary: 'Register a patient',
        body: registration.inputs.registration,
        answer: shapes.detail,
        status: 201
      })
    },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const { uuid, contacts } = await registration.register(tx, actorOf(request), request)
        return listed.one(tx, uuid, undefined, contacts ? shapes.detail : shapes.fresh)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<One>(
    '/api/v1/patient/:id/',
    {
      config: { permission: 'patient.read', scheme: SCHEME, permissionBefore405: 'patient.write' },
      schema: describe({ summary: 'All about a patient', answer: shapes.detail })
    },
    async (request, reply) => {
      const { id } = request.params
      const { json, contacts, ...patient } = await listed.row<PatientRow & Whole>(database, id, wholeRow, one(request))
      permissions.check(actorOf(request), 'patient.read', patient)
      return sendJson(reply, contacts ? await listed.one(database, id, one(request), shapes.detail) : json)
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/patient/:id/',
      config: { permission: 'patient.update', scheme: SCHEME },
      schema: describe({ summary: 'Change a patient', body: registration.inputs.change, answer: shapes.detail }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const json = await database.transaction(async tx => {
          const columns = `${patients.columns}, ${STORED}`
          const patient = await listed.row<PatientRow & Stored>(tx, request.params.id, columns, one(request), true)
          permissions.check(actor, 'patient.update', patient)
          await registration.change(tx, actor, request, patient)
          const { json, contacts } = await listed.row<Whole>(tx, patient.external_id, whole)
          return contacts ? listed.one(tx, patient.external_id, undefined, shapes.detail) : json
        })
        return sendJson(reply, json)
      }
    })
  }

  app.get<One>(
    '/api/v1/patient/:id/history/',
    {
      config: { permission: 'patient.read', scheme: SCHEME },
      schema: describe({ summary: 'What a patient was before', paging: 'limit', answer: history.shape })
    },
    async (request, reply) => {
      const patient = await listed.row<PatientRow>(database, request.params.id, patients.columns, visible(actorOf(request)))
      permissions.check(actorOf(request), 'patient.read', patient)
      return sendJson(reply, await history.list(database, request, params => [`h.id = ${params.add(patient.id)}`]))
    }
  )

  const moved = shape({
    year_of_birth: out.integer('p.year_of_birth'),
    patient: out.uuid('p.external_id'),
    facility_object: out.object(facilities.facilities.shapes.basic, `from ${FACILITY} f where f.id = p.facility_id`)
  })
  app.post<One>(
    '/api/v1/patient/:id/transfer/',
    {
      config: { permission: 'patient.transfer', scheme: SCHEME },
      schema: describe({ summary: 'Move a patient to another facility', answer: moved })
    },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const { external_id: uuid } = await transfer(scope, tx, actorOf(request), request)
        return listed.one(tx, uuid, undefined, moved)
      })
      return sendJson(reply, json)
    }
  )

  dischargedRoutes(app, scope, reads)
}

/** `facility/{id}/discharged_patients/`: visible patients who were ever discharged there (docs/api/patients.md §13). */
function dischargedRoutes(app: FastifyInstance, { database, patients, slots }: PatientScope, { discharged }: PatientReads): void {
  app.get<{ Params: { facility: string } }>(
    '/api/v1/facility/:facility/discharged_patients/',
    {
      config: { permission: 'patient.list' },
      schema: describe({
        summary: 'Patients discharged from a facility',
        filters: discharged.filters,
        ordering: discharged.ordering,
        paging: 'limit',
        answer: discharged.shape
      })
    },
    async (request, reply) => {
      const { facility } = request.params
      if (!isUuid(facility)) throw notAUuid(facility)
      const where = listedFor(patients.visible, actorOf(request), request.query as Query, params => [
        `p.id in (select c.patient_id from ${slots.joined.consultations} c where c.discharge_date is not null and not c.deleted
          and c.facility_id = (select f.id from ${FACILITY} f where f.external_id = ${params.add(facility)} and not f.deleted))`
      ])
      return sendJson(reply, await discharged.list(database, request, where))
    }
  )
}
