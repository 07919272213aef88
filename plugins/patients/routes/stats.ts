import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rowCondition } from 'care-kernel/access'
import {
  actorOf,
  denied,
  describe,
  filter,
  filters,
  isUuid,
  notAUuid,
  ordering,
  out,
  readInput,
  resource,
  sendJson,
  shape,
  type Where
} from 'care-kernel/rest'
import { facilitiesOf } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { statsInput } from '../inputs.ts'
import { PatientStats } from '../models.ts'
import type { PatientScope } from '../services.ts'

type OfFacility = { Params: { facility: string } }
type OneDay = { Params: { facility: string; id: string } }

const COUNTERS = [
  'num_patients_visited',
  'num_patients_home_quarantine',
  'num_patients_isolation',
  'num_patient_referred',
  'num_patient_confirmed_positive'
] as const
const STORED =
  'select id, external_id, deleted from facility_facilitypatientstatshistory where facility_id = $1 and entry_date = $2 for no key update'

interface StoredDay {
  readonly id: number
  readonly external_id: string
  readonly deleted: boolean
}

const URL = '/api/v1/facility/:facility/patient_stats/'

const days = resource({
  name: 'FacilityPatientStatsHistory',
  from: 'facility_facilitypatientstatshistory t',
  key: { column: 't.external_id', kind: 'uuid' },
  live: 'not t.deleted',
  filters: filters({ entry_date: filter.dateRange('t.entry_date', 'date') }),
  ordering: ordering({}, 't.entry_date desc, t.id desc'),
  shape: shape({
    id: out.uuid('t.external_id'),
    entry_date: out.date('t.entry_date'),
    facility: out.uuid(`(select f.external_id from ${FACILITY} f where f.id = t.facility_id)`),
    created_date: out.datetime('t.created_date'),
    modified_date: out.datetime('t.modified_date'),
    ...Object.fromEntries(COUNTERS.map(name => [name, out.integer(`t.${name}`)]))
  })
})

const reached = facilitiesOf('f')

/** Days of the facility of the path, where the actor reaches it. */
function ofFacility(request: FastifyRequest<OfFacility>): Where {
  const { facility } = request.params
  if (!isUuid(facility)) throw notAUuid(facility)
  return params => [
    `t.facility_id in (select f.id from ${FACILITY} f where f.external_id = ${params.add(facility)} and not f.deleted and (${rowCondition(reached, actorOf(request), params)}))`
  ]
}

/** `facility/{id}/patient_stats/`, one row per day (docs/api/patients.md §15, docs/api/facilities.md §7.3). */
export function statsRoutes(
  app: FastifyInstance,
  { clock, database, facilities: { facilities }, repository }: PatientScope
): void {
  const config = { permission: 'facility.part.read', permissionBefore405: 'facility.part.write' }
  const write = {
    config: { permission: 'facility.part.write' },
    /** FWRITE is checked before the body is read, as in the original. */
    onRequest: async (request: FastifyRequest<OfFacility>) => {
      await facilities.writable(database, actorOf(request), request.params.facility)
    }
  }
  const answer = days.shape

  app.get<OfFacility>(
    URL,
    { config, schema: describe({ summary: 'What a facility counts by day', filters: days.filters, paging: 'limit', answer }) },
    async (request, reply) => sendJson(reply, await days.list(database, request, ofFacility(request)))
  )

  app.post<OfFacility>(
    URL,
    { ...write, schema: describe({ summary: 'Report a day, or correct it', body: statsInput, answer, status: 201 }) },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const facility = await facilities.byUuid(tx, request.params.facility, { hold: true })
        if (!facility) throw denied()
        const now = clock.now().toISOString()
        const { entry_date: day = now.slice(0, 10), ...counters } = await readInput(request, statsInput, { db: tx })
        const of = { facility_id: facility.id, entry_date: day }
        const reports = repository(PatientStats)
        const [added] = await reports.insertMissing(tx, [{ ...of, ...counters }])
        if (added) return days.one(tx, added.external_id)
        const {
          rows: [stored]
        } = await tx.query<StoredDay>(STORED, [of.facility_id, of.entry_date])
        if (!stored) throw new Error('a day that is there was not found')
        // A deleted day is restored with the reported values only.
        const before = stored.deleted ? Object.fromEntries(COUNTERS.map(name => [name, 0])) : {}
        await reports.update(tx, stored.id, { ...before, ...counters, deleted: false })
        return days.one(tx, stored.external_id)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<OneDay>(
    `${URL}:id/`,
    { config, schema: describe({ summary: 'What a facility counted on a day', answer }) },
    async (request, reply) => sendJson(reply, await days.one(database, request.params.id, ofFacility(request)))
  )

  app.delete<OneDay>(
    `${URL}:id/`,
    { ...write, schema: describe({ summary: 'Withdraw a day', status: 204 }) },
    async (request, reply) => {
      await database.transaction(async tx => {
        const { id } = await days.row<{ id: number }>(tx, request.params.id, 't.id', ofFacility(request), true)
        await repository(PatientStats).delete(tx, id)
      })
      return reply.code(204).send()
    }
  )
}
