import type { FastifyInstance, FastifyRequest } from 'fastify'
import { inContext, rowCondition } from 'care-kernel/access'
import { PATIENT } from 'care-kernel/contracts/patients'
import { actorOf, describe, ordering, resource, sendJson, type Where } from 'care-kernel/rest'
import { ownRecordAccess } from './row-access.ts'
import type { OtpScope } from './services.ts'

const config = { permission: 'otp.own-records', scheme: 'patient' }

/** `otp/patient/`: the records of the token's phone number, and no other (docs/api/patients.md §16). */
export function recordRoutes(app: FastifyInstance, { database, patientTokens, patients }: OtpScope): void {
  const { list, detail } = patients.patients.shapes
  const records = resource({
    name: 'PatientRegistration',
    from: `${PATIENT} p`,
    key: { column: 'p.external_id', kind: 'uuid' },
    live: 'not p.deleted',
    ordering: ordering({}, 'p.modified_date desc, p.id desc'),
    shape: list
  })
  const own =
    (request: FastifyRequest): Where =>
    params => [
      rowCondition(inContext(ownRecordAccess, { phoneNumber: patientTokens.numberOf(request) }), actorOf(request), params)
    ]

  app.get(
    '/api/v1/otp/patient/',
    { config, schema: describe({ summary: "A patient's own records", paging: 'limit', answer: list }) },
    async (request, reply) => sendJson(reply, await records.list(database, request, own(request)))
  )

  app.get<{ Params: { id: string } }>(
    '/api/v1/otp/patient/:id/',
    { config, schema: describe({ summary: 'One of them', answer: detail }) },
    async (request, reply) => sendJson(reply, await records.one(database, request.params.id, own(request), detail))
  )
}
