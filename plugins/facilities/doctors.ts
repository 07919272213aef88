import type { FastifyInstance } from 'fastify'
import { ordering, out, readInput, resource, shape } from 'care-kernel/rest'
import { DOCTOR_AREAS } from './enumerations.ts'
import { doctorsInput } from './inputs.ts'
import { HospitalDoctors } from './models.ts'
import { partRoutes } from './part-routes.ts'
import type { FacilityScope } from './scope.ts'
import { refusingRepeats } from './unique.ts'

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

const TAKEN = { area: ['This facility already has doctors of this area.'] }
const once = <T>(write: () => Promise<T>) => refusingRepeats('unique_facility_doctor', TAKEN, write)

/** `facility/{id}/hospital_doctor/` (contract facilities §7.2). */
export function doctorRoutes(app: FastifyInstance, scope: FacilityScope): void {
  const { clock, model } = scope
  const now = () => clock.now().toISOString()
  partRoutes<DoctorsRow>(app, scope, {
    path: 'hospital_doctor',
    what: 'Doctors',
    rows: doctors,
    input: doctorsInput,
    columns: 'p.id, p.area',
    async add(tx, request, { id: facilityId }) {
      const values = await readInput(request, doctorsInput, { db: tx })
      await once(() =>
        model(HospitalDoctors).create(
          { facility_id: facilityId, ...values, created_date: now(), modified_date: now() },
          { transaction: tx.sequelize }
        )
      )
      return values.area
    },
    async change(tx, request, row) {
      const partial = request.method === 'PATCH'
      const values = await (partial
        ? readInput(request, doctorsInput, { db: tx, partial })
        : readInput(request, doctorsInput, { db: tx }))
      await once(() =>
        model(HospitalDoctors).update({ ...values, modified_date: now() }, { where: { id: row.id }, transaction: tx.sequelize })
      )
      return values.area ?? row.area
    },
    async remove(tx, request, row) {
      await model(HospitalDoctors).update({ deleted: true }, { where: { id: row.id }, transaction: tx.sequelize })
    }
  })
}
