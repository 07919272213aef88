import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Tx } from 'care-kernel'
import { rowDisjunction } from 'care-kernel/access'
import { LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import { actorOf, ApiError, describe, invalid, readInput, sendJson, sendList, type Where } from 'care-kernel/rest'
import { uploadResults } from '../external-results.ts'
import { correction } from '../inputs.ts'
import { PatientExternalTest } from '../models.ts'
import { correctedShape, externalResults as results } from '../reads.ts'
import { externalResultAccess } from '../row-access.ts'
import type { SampleScope } from '../services.ts'

type One = { Params: { id: string } }

interface Row {
  readonly id: number
  readonly district_id: number
}

const URL = '/api/v1/external_result/'

const visible =
  (request: FastifyRequest): Where =>
  params => [rowDisjunction(externalResultAccess, actorOf(request), params)]

/** `external_result/` (`docs/api/consultations.md §16`). */
export function externalResultRoutes(app: FastifyInstance, { database, permissions, repository }: SampleScope): void {
  const rows = repository(PatientExternalTest)
  const reading = { permission: 'external-result.read' }

  app.get(
    URL,
    {
      config: reading,
      schema: describe({
        summary: 'External results; as CSV with `csv`',
        filters: results.filters,
        paging: 'limit',
        answer: results.shape
      })
    },
    async (request, reply) => sendList(request, reply, database, results, visible(request))
  )

  app.post(
    `${URL}bulk_upsert/`,
    {
      config: { permission: 'external-result.upload' },
      schema: describe({ summary: 'Upload external results', status: 202 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      if (!permissions.allows(actor, 'external-result.upload', {}))
        throw new ApiError(403, { detail: 'Permission to Endpoint Denied' })
      await database.transaction(tx => uploadResults(tx, actor, request.body, repository))
      return reply.code(202).send()
    }
  )

  app.get<One>(
    `${URL}:id/`,
    { config: reading, schema: describe({ summary: 'One external result', answer: results.shape }) },
    async (request, reply) => sendJson(reply, await results.one(database, request.params.id, visible(request)))
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: `${URL}:id/`,
      config: reading,
      schema: describe({ summary: 'Correct an external result', body: correction, answer: correctedShape }),
      async handler(request, reply) {
        const json = await database.transaction(async tx => {
          const row = await results.row<Row>(tx, request.params.id, 'x.id, x.district_id', visible(request), true)
          const values = await (method === 'PATCH'
            ? readInput(request, correction, { db: tx, partial: true })
            : readInput(request, correction, { db: tx }))
          const { ward, local_body: named } = values
          const localBody = typeof ward === 'number' ? await localBodyOf(tx, ward) : named
          if (localBody !== undefined) await requireSameDistrict(tx, localBody, row.district_id)
          await rows.update(tx, row.id, { ...correction.columns(values), local_body_id: localBody })
          return results.one(tx, row.id, undefined, correctedShape)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.delete<One>(
    `${URL}:id/`,
    {
      config: { permission: 'external-result.delete' },
      schema: describe({ summary: 'Delete an external result', status: 204 })
    },
    async (request, reply) => {
      await database.transaction(async tx => {
        const { id } = await results.row<Row>(tx, request.params.id, 'x.id', visible(request), true)
        await rows.delete(tx, id)
      })
      return reply.code(204).send()
    }
  )
}

async function localBodyOf(tx: Tx, wardId: number): Promise<number | undefined> {
  const {
    rows: [ward]
  } = await tx.query<{ local_body_id: number }>(`select local_body_id from ${WARD} where id = $1`, [wardId])
  return ward?.local_body_id
}

async function requireSameDistrict(tx: Tx, localBodyId: number, districtId: number): Promise<void> {
  const { rows: same } = await tx.query(`select from ${LOCAL_BODY} where id = $1 and district_id = $2`, [localBodyId, districtId])
  if (same.length === 0) throw invalid({ local_body: 'Only supported within same district' })
}
