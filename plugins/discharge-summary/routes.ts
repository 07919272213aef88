import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Actor, Queryable, Tx } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { actorOf, ApiError, describe, field, invalid, out, readInput, record, sendJson, shape } from 'care-kernel/rest'
import { FILE_TYPE } from 'care-kernel/contracts/files'
import type { FoundConsultation } from 'care-kernel/contracts/consultations'
import type { SummaryScope } from './services.ts'
import { isUnderWay, type Generation } from './summaries.ts'

type One = { Params: { id: string } }

const emailInput = record({ email: field.email({ optional: true }) })
const status = shape({
  state: out.text('null'),
  progress: out.integer('null'),
  reason: out.text('null'),
  job: out.uuid('null'),
  asked_at: out.datetime('null')
})

/** Percent: a waiting job is at 1, one that the discharge requested at 0 (docs/api/gateways-jobs.md §10.2). */
const percentOf = ({ progress, byUser }: Generation) => progress ?? (byUser ? 1 : 0)
const refused = (detail: string) => new ApiError(406, { detail })
const alreadyGenerating = (generation: Generation) =>
  refused(`Discharge Summary is already being generated, current progress ${percentOf(generation)}%`)

/** `consultation/{id}/…_discharge_summary/` (docs/api/gateways-jobs.md §10.1, docs/api/consultations.md §6). */
export function summaryRoutes(app: FastifyInstance, scope: SummaryScope): void {
  const { consultations, database, files, permissions, summaries } = scope
  const url = '/api/v1/consultation/:id/'
  const reading = { scheme: 'consultation', permission: 'discharge-summary.read' }
  const writing = { scheme: 'consultation', permission: 'discharge-summary.write' }

  /** The consultation of a path as `consultation/{id}/` finds it: 404 where the actor does not list it, 403 where the actor may not open it. */
  async function found(db: Queryable, actor: Actor, uuid: string, permission: string): Promise<FoundConsultation> {
    const row = await consultations.consultations.listed(db, actor, uuid)
    permissions.check(actor, permission, row)
    return row
  }

  /** 202 with the address of the job's status. */
  const accepted = (reply: FastifyReply, jobId: string, detail: string) =>
    reply.code(202).header('location', `/api/kernel/jobs/${jobId}/status/`).send({ detail })

  /** Enqueues a generation. Throws 406 while one waits or runs. */
  async function generate(tx: Tx, { id }: FoundConsultation): Promise<string> {
    const generation = await summaries.lock(tx, id)
    if (isUnderWay(generation)) throw alreadyGenerating(generation)
    return summaries.enqueue(tx, id, generation, { byUser: true })
  }

  app.post<One>(
    `${url}generate_discharge_summary/`,
    { config: writing, schema: describe({ summary: 'Make the discharge summary', status: 202 }) },
    async (request, reply) => {
      const jobId = await database.transaction(async tx => {
        const consultation = await found(tx, actorOf(request), request.params.id, writing.permission)
        if (consultation.discharge_date !== null)
          throw refused('Cannot generate a new discharge summary for already discharged patient')
        return generate(tx, consultation)
      })
      return accepted(reply, jobId, 'Discharge Summary will be generated shortly')
    }
  )

  app.get<One>(
    `${url}preview_discharge_summary/`,
    { config: reading, schema: describe({ summary: 'The newest discharge summary; without one it is made' }) },
    async (request, reply) => {
      const consultation = await found(database, actorOf(request), request.params.id, reading.permission)
      const json = await files.files.newest(database, FILE_TYPE.dischargeSummary, consultation.external_id)
      if (json !== undefined) return sendJson(reply, json)
      const jobId = await database.transaction(async tx => generate(tx, consultation))
      return accepted(reply, jobId, 'Discharge Summary will be generated shortly')
    }
  )

  app.get<One>(
    `${url}discharge_summary_status/`,
    { config: reading, schema: describe({ summary: 'How far the discharge summary is, and whether it failed', answer: status }) },
    async request => {
      const { id } = await found(database, actorOf(request), request.params.id, reading.permission)
      const generation = await summaries.latest(database, id)
      return {
        state: stateOf(generation),
        progress: generation ? (generation.state === 'done' ? 100 : percentOf(generation)) : 0,
        reason: generation?.reason ?? null,
        job: generation?.jobId ?? null,
        asked_at: generation?.askedAt ?? null
      }
    }
  )

  app.post<One>(
    `${url}email_discharge_summary/`,
    { config: writing, schema: describe({ summary: 'Mail the discharge summary', body: emailInput, status: 202 }) },
    async (request, reply) => {
      const actor = actorOf(request)
      const jobId = await database.transaction(async tx => {
        const { id, external_id: uuid } = await found(tx, actor, request.params.id, writing.permission)
        const to = await recipient(tx, actor, request)
        const generation = await summaries.lock(tx, id)
        if (isUnderWay(generation) && percentOf(generation) > 0) throw alreadyGenerating(generation)
        // A waiting generation that the discharge requested mails the summary itself.
        const json = isUnderWay(generation) ? undefined : await files.files.newest(tx, FILE_TYPE.dischargeSummary, uuid)
        if (json === undefined) return summaries.enqueue(tx, id, generation, { byUser: true, to })
        return scope.enqueue(tx, 'email', { file: (JSON.parse(json) as { id: string }).id, to })
      })
      return accepted(reply, jobId, 'Discharge Summary will be emailed shortly')
    }
  )
}

function stateOf(generation: Generation | undefined): 'none' | 'waiting' | 'running' | 'ready' | 'failed' {
  if (!generation) return 'none'
  if (generation.state === 'done') return 'ready'
  if (generation.state === 'parked') return 'failed'
  return generation.state === 'running' ? 'running' : 'waiting'
}

/** The address in the body, or the caller's own. Throws 400 without either. */
async function recipient(tx: Tx, { id }: Actor, request: FastifyRequest): Promise<string> {
  const { email } = await readInput(request, emailInput, { db: tx })
  if (email !== undefined) return email
  const {
    rows: [own]
  } = await tx.query<{ email: string }>(`select email from ${USER} where id = $1`, [id])
  if (!own?.email) throw invalid({ email: ['This field is required.'] })
  return own.email
}
