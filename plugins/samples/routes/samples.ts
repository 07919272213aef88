import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rowDisjunction } from 'care-kernel/access'
import { PATIENT } from 'care-kernel/contracts/patients'
import { actorOf, describe, isUuid, notAUuid, readInput, sendJson, sendList, type Where } from 'care-kernel/rest'
import { icmrForm } from '../icmr.ts'
import { sampleInput } from '../inputs.ts'
import { sampleAccess } from '../row-access.ts'
import { sampleReads } from '../reads.ts'
import { SAMPLE_ROW, type SampleRow } from '../samples.ts'
import type { SampleScope } from '../services.ts'

type One = { Params: { id: string; patient?: string } }

/** Samples the actor sees; nested below a patient, those of the patient. */
const visible =
  (request: FastifyRequest): Where =>
  params => {
    const { patient } = request.params as { readonly patient?: string }
    if (patient !== undefined && !isUuid(patient)) throw notAUuid(patient)
    return [
      rowDisjunction(sampleAccess, actorOf(request), params),
      patient === undefined
        ? undefined
        : `s.patient_id = (select p.id from ${PATIENT} p where p.external_id = ${params.add(patient, 'uuid')})`
    ]
  }

/** `test_sample/` and `patient/{id}/test_sample/` (`docs/api/consultations.md §15`, `docs/api/patients.md §17`): all samples, and those of one patient. */
export function sampleRoutes(app: FastifyInstance, scope: SampleScope): void {
  const { database, facilities, patients, samples: service } = scope
  const { samples, detail } = sampleReads(facilities.facilities.shapes, patients.patients.shapes)
  const writing = { permission: 'sample.take' }

  for (const [url, permission] of [
    ['/api/v1/test_sample/', 'sample.list'],
    ['/api/v1/patient/:patient/test_sample/', 'sample.read']
  ] as const) {
    app.get(
      url,
      {
        config: { permission, permissionBefore405: 'sample.take' },
        schema: describe({
          summary: 'Visible samples; as CSV with `csv`',
          filters: samples.filters,
          paging: 'limit',
          answer: samples.shape
        })
      },
      async (request, reply) => sendList(request, reply, database, samples, visible(request))
    )

    app.post(
      url,
      { config: writing, schema: describe({ summary: 'Create a sample', body: sampleInput, answer: detail, status: 201 }) },
      async (request, reply) => {
        const json = await database.transaction(async tx => {
          const values = await readInput(request, sampleInput, { db: tx })
          return samples.one(tx, await service.create(tx, actorOf(request), values), undefined, detail)
        })
        return sendJson(reply, json, 201)
      }
    )

    app.get<One>(
      `${url}:id/`,
      {
        config: { permission: 'sample.read', permissionBefore405: 'sample.update' },
        schema: describe({ summary: 'One sample and its flow', answer: detail })
      },
      async (request, reply) => sendJson(reply, await samples.one(database, request.params.id, visible(request), detail))
    )

    app.patch<One>(
      `${url}:id/`,
      {
        config: { permission: 'sample.update' },
        schema: describe({ summary: 'Change the status or result of a sample', body: sampleInput, answer: samples.shape })
      },
      async (request, reply) => {
        const json = await database.transaction(async tx => {
          const row = await samples.row<SampleRow>(tx, request.params.id, SAMPLE_ROW, visible(request), true)
          await service.change(tx, actorOf(request), row, await readInput(request, sampleInput, { db: tx, partial: true }))
          return samples.one(tx, row.external_id)
        })
        return sendJson(reply, json)
      }
    )

    app.get<One>(
      `${url}:id/icmr_sample/`,
      {
        config: { permission: 'sample.read' },
        schema: describe({ summary: 'Data of the ICMR form', answer: icmrForm })
      },
      async (request, reply) => sendJson(reply, await samples.one(database, request.params.id, visible(request), icmrForm))
    )
  }
}
