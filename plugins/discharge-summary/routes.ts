import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Actor, Queryable, Tx } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { actorOf, ApiError, describe, field, invalid, out, readInput, record, sendJson, shape } from 'care-kernel/rest'
import { FILE_TYPE } from 'care-kernel/contracts/files'
import type { FoundConsultation } from 'care-kernel/contracts/consultations'
import type { SummaryScope } from './scope.ts'
import { isUnderWay, type Making } from './summaries.ts'

type One = { Params: { id: string } }

const emailInput = record({ email: field.email({ optional: true }) })
const status = shape({
  state: out.text('null'),
  progress: out.integer('null'),
  reason: out.text('null'),
  job: out.uuid('null'),
  asked_at: out.datetime('null')
})

/** Percent as it is told: a job that nobody has begun is at 1, one that the discharge asked for at 0 (contract gateways-jobs §10.2). */
const percentOf = ({ progress, byUser }: Making) => progress ?? (byUser ? 1 : 0)
const refused = (detail: string) => new ApiError(406, { detail })
const alreadyMade = (making: Making) =>
  refused(`Discharge Summary is already being generated, current progress ${percentOf(making)}%`)

/** `consultation/{id}/…_discharge_summary/` (contract gateways-jobs §10.1, consultations §6). */
export function summaryRoutes(app: FastifyInstance, scope: SummaryScope): void {
  const { consultations, database, files, permissions, summaries } = scope
  const url = '/api/v1/consultation/:id/'
  const reading = { scheme: 'consultation', permission: 'discharge-summary.read' }
  const writing = { scheme: 'consultation', permission: 'discharge-summary.write' }

  /** The consultation of a path as `consultation/{id}/` finds it: 404 outside of what the actor lists, 403 for one it must not open. */
  async function found(db: Queryable, actor: Actor, uuid: string, permission: string): Promise<FoundConsultation> {
    const row = await consultations.consultations.listed(db, actor, uuid)
    permissions.check(actor, permission, row)
    return row
  }

  /** 202 with the address that tells whoever asked how far the job is. */
  const accepted = (reply: FastifyReply, jobId: string, detail: string) =>
    reply.code(202).header('location', `/api/kernel/jobs/${jobId}/status/`).send({ detail })

  /** Asks for a summary, unless one is on its way. */
  async function begin(tx: Tx, { id }: FoundConsultation): Promise<string> {
    const making = await summaries.held(tx, id)
    if (isUnderWay(making)) throw alreadyMade(making)
    return summaries.begin(tx, id, making, { byUser: true })
  }

  app.post<One>(
    `${url}generate_discharge_summary/`,
    { config: writing, schema: describe({ summary: 'Make the discharge summary', status: 202 }) },
    async (request, reply) => {
      const jobId = await database.transaction(async tx => {
        const consultation = await found(tx, actorOf(request), request.params.id, writing.permission)
        if (consultation.discharge_date !== null)
          throw refused('Cannot generate a new discharge summary for already discharged patient')
        return begin(tx, consultation)
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
      const jobId = await database.transaction(async tx => begin(tx, consultation))
      return accepted(reply, jobId, 'Discharge Summary will be generated shortly')
    }
  )

  app.get<One>(
    `${url}discharge_summary_status/`,
    { config: reading, schema: describe({ summary: 'How far the discharge summary is, and whether it failed', answer: status }) },
    async request => {
      const { id } = await found(database, actorOf(request), request.params.id, reading.permission)
      const making = await summaries.latest(database, id)
      return {
        state: stateOf(making),
        progress: making ? (making.state === 'done' ? 100 : percentOf(making)) : 0,
        reason: making?.reason ?? null,
        job: making?.jobId ?? null,
        asked_at: making?.askedAt ?? null
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
        const making = await summaries.held(tx, id)
        if (isUnderWay(making) && percentOf(making) > 0) throw alreadyMade(making)
        // What the discharge asked for and nobody has begun is mailed by the same job.
        const json = isUnderWay(making) ? undefined : await files.files.newest(tx, FILE_TYPE.dischargeSummary, uuid)
        if (json === undefined) return summaries.begin(tx, id, making, { byUser: true, to })
        return scope.enqueue(tx, 'email', { file: (JSON.parse(json) as { id: string }).id, to })
      })
      return accepted(reply, jobId, 'Discharge Summary will be emailed shortly')
    }
  )
}

function stateOf(making: Making | undefined): 'none' | 'waiting' | 'running' | 'ready' | 'failed' {
  if (!making) return 'none'
  if (making.state === 'done') return 'ready'
  if (making.state === 'parked') return 'failed'
  return making.state === 'running' ? 'running' : 'waiting'
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
