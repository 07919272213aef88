import type { FastifyInstance } from 'fastify'
import { refusingDuplicates } from 'care-kernel/data'
import { invalid, ordering, out, readInput, resource, shape } from 'care-kernel/rest'
import { DOCTOR_AREAS } from '../enumerations.ts'
import { doctorsInput } from '../inputs.ts'
import { HospitalDoctors } from '../models.ts'
import { reportRoutes } from './reports.ts'
import type { FacilityScope } from '../services.ts'

interface DoctorsRow {
  readonly id: number
  readonly area: number
}

const doctors = resource({
  name: 'HospitalDoctors',
  from: 'facility_hospitaldoctors p',
  key: { column: 'p.area::bigint', kind: 'integer' },
  live: 'not p.deleted',
  ordering: ordering({}, 'p.id'),
  shape: shape({
    id: out.uuid('p.external_id'),
    area_text: out.label('p.area', DOCTOR_AREAS),
    area: out.integer('p.area'),
    count: out.integer('p.count')
  })
})

const TAKEN = { unique_facility_doctor: () => invalid({ area: ['This facility already has doctors of this area.'] }) }

/** `facility/{id}/hospital_doctor/` (docs/api/facilities.md §7.2). */
export function doctorRoutes(app: FastifyInstance, scope: FacilityScope): void {
  const reported = scope.repository(HospitalDoctors)
  reportRoutes<DoctorsRow>(app, scope, {
    path: 'hospital_doctor',
    what: 'Doctors',
    rows: doctors,
    input: doctorsInput,
    columns: 'p.id, p.area',
    async add(tx, request, { id: facilityId }) {
      const values = await readInput(request, doctorsInput, { db: tx })
      await refusingDuplicates(TAKEN, () => reported.insert(tx, { facility_id: facilityId, ...values }))
      return values.area
    },
    async change(tx, request, row) {
      const partial = request.method === 'PATCH'
      const values = await (partial
        ? readInput(request, doctorsInput, { db: tx, partial })
        : readInput(request, doctorsInput, { db: tx }))
      await refusingDuplicates(TAKEN, () => reported.update(tx, row.id, values))
      return values.area ?? row.area
    },
    async remove(tx, request, row) {
      await reported.delete(tx, row.id)
    }
  })
}
