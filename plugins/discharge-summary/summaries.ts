import type { Queryable, ScopeOf, Tx } from 'care-kernel'
import { jobState, type JobState } from 'care-kernel/jobs'
import type { Document } from './blocks.ts'
import type { DischargeSummaries } from './contract.ts'
import { documentOf } from './document.ts'
import { factsSql, readFacts } from './facts.ts'
import { timesIn } from './format.ts'
import type { manifest } from './manifest.ts'
import { SummaryJob } from './models.ts'

/** The latest job that makes a summary of a consultation. */
export interface Generation extends JobState {
  readonly jobId: string
  /** False: requested by the discharge. */
  readonly byUser: boolean
  readonly askedAt: string
}

/** Raw SQL: inserts or locks. The row of the consultation is locked until the end of the transaction, so that concurrent requests run in turn. */
const LOCK = `insert into kernel_discharge_summary (consultation_id) values ($1)
  on conflict (consultation_id) do update set consultation_id = excluded.consultation_id
  returning job_id, to_json(asked_at) #>> '{}' as asked_at, asked_by_user`
const LATEST = `select job_id, to_json(asked_at) #>> '{}' as asked_at, asked_by_user from kernel_discharge_summary where consultation_id = $1`

interface Row {
  readonly job_id: string | null
  readonly asked_at: string
  readonly asked_by_user: boolean
}

/** Whether the job waits or runs. */
export const isUnderWay = (generation: Generation | undefined): generation is Generation =>
  generation !== undefined && ['waiting', 'queued', 'running'].includes(generation.state)

/** Requests summaries, reads the state of their jobs, and composes their content. */
export class Summaries implements DischargeSummaries {
  readonly #scope: ScopeOf<typeof manifest>
  #sql: string | undefined

  constructor(scope: ScopeOf<typeof manifest>) {
    this.#scope = scope
  }

  request = async (tx: Tx, consultationId: number): Promise<string> =>
    this.enqueue(tx, consultationId, await this.lock(tx, consultationId), { byUser: false })

  /** The latest generation of a consultation; other requests wait until the transaction ends. */
  async lock(tx: Tx, consultationId: number): Promise<Generation | undefined> {
    return this.#read(tx, LOCK, consultationId)
  }

  /** The latest generation of a consultation, without a lock. */
  async latest(db: Queryable, consultationId: number): Promise<Generation | undefined> {
    return this.#read(db, LATEST, consultationId)
  }

  /**
   * Enqueues a generation of a consultation, after `lock`; `before` is its result, `to` an address to mail the summary to. The id of the job:
   * a job that waits is reused and sees the writes of this transaction, a running one is followed by another.
   */
  async enqueue(
    tx: Tx,
    consultationId: number,
    before: Generation | undefined,
    { byUser, to }: { readonly byUser: boolean; readonly to?: string }
  ): Promise<string> {
    const { clock, enqueue } = this.#scope
    const jobId = await enqueue(tx, 'generate', { consultationId }, { key: String(consultationId) })
    // Raw SQL: what is set depends on what is stored.
    await tx.query(
      `update kernel_discharge_summary set asked_by_user = $4 or (asked_by_user and job_id = $2), job_id = $2, asked_at = $3,
        mail_to = case when $5 then mail_to else '{}' end || $6::text[] where consultation_id = $1`,
      [consultationId, jobId, clock.now().toISOString(), byUser, isUnderWay(before), to === undefined ? [] : [to]]
    )
    return jobId
  }

  /** Returns and clears the addresses to which the summary of a consultation is mailed. */
  async takeRecipients(tx: Tx, consultationId: number): Promise<readonly string[]> {
    const recipients = await this.#scope.repository(SummaryJob).exchange(tx, consultationId, 'mail_to', [])
    return [...new Set(recipients)]
  }

  /** The current content of the summary, the name of the patient and the uuid of the consultation; undefined for a deleted consultation. */
  async compose(
    db: Queryable,
    consultationId: number,
    now: Date
  ): Promise<{ readonly consultation: string; readonly patient: string; readonly document: Document } | undefined> {
    const { deployment, patients, slots } = this.#scope
    // Lazy: the plugins that fill the slots are built after this service.
    this.#sql ??= factsSql(slots.consultation, patients.patients.joined.consultation_beds)
    const facts = await readFacts(db, this.#sql, consultationId)
    if (!facts) return undefined
    return {
      consultation: facts.consultation,
      patient: facts.patient.name,
      document: documentOf(facts, now.toISOString(), timesIn(deployment.timeZone))
    }
  }

  async #read(db: Queryable, sql: string, consultationId: number): Promise<Generation | undefined> {
    const {
      rows: [row]
    } = await db.query<Row>(sql, [consultationId])
    const state = row?.job_id ? await jobState(db, row.job_id) : undefined
    return row?.job_id && state ? { ...state, jobId: row.job_id, byUser: row.asked_by_user, askedAt: row.asked_at } : undefined
  }
}
