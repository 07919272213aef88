import type { FastifyInstance } from 'fastify'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { actorOf, describe, isUuid, notAUuid, sendJson, type Query } from 'care-kernel/rest'
import { listedFor, patientReads } from './patient-resources.ts'
import type { PatientScope } from './scope.ts'

/** `facility/{id}/discharged_patients/`: patients one sees who were discharged there once (contract patients §13). */
export function dischargedRoutes(app: FastifyInstance, { database, patients, slots }: PatientScope): void {
  const { discharged } = patientReads(patients.shapes, slots.joined)
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
