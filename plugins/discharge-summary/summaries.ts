import type { Queryable, Tx } from 'care-kernel'
import { jobState, type JobState } from 'care-kernel/jobs'
import type { Document } from './blocks.ts'
import type { DischargeSummaries } from './contract.ts'
import { documentOf } from './document.ts'
import { factsSql, readFacts } from './facts.ts'
import { timesIn } from './format.ts'
import { SummaryJob } from './models.ts'
import type { DeclaredScope } from './scope.ts'

/** Who asks for a summary, and whom it is mailed to once it is there. */
export interface Asking {
  /** False: the discharge itself. */
  readonly byUser: boolean
  readonly to?: string
}

/** A summary that is being made, or the last one that was. */
export interface Making extends JobState {
  readonly jobId: string
  readonly byUser: boolean
  readonly askedAt: string
}

/** Raw SQL: adds or holds. One row per consultation, held until the end of the transaction: two who ask at once come one after the other. */
const HOLD = `insert into kernel_discharge_summary (consultation_id) values ($1)
  on conflict (consultation_id) do update set consultation_id = excluded.consultation_id
  returning job_id, to_json(asked_at) #>> '{}' as asked_at, asked_by_user`
const LOOK = `select job_id, to_json(asked_at) #>> '{}' as asked_at, asked_by_user from kernel_discharge_summary where consultation_id = $1`

interface Row {
  readonly job_id: string | null
  readonly asked_at: string
  readonly asked_by_user: boolean
}

/** Whether a job has still something to do. */
export const isUnderWay = (making: Making | undefined): making is Making =>
  making !== undefined && (making.state === 'waiting' || making.state === 'queued' || making.state === 'running')

/** Asks for summaries, knows how far they are, and says what is in them. */
export class Summaries implements DischargeSummaries {
  readonly #scope: DeclaredScope
  #sql: string | undefined

  constructor(scope: DeclaredScope) {
    this.#scope = scope
  }

  ask = async (tx: Tx, consultationId: number): Promise<string> =>
    this.begin(tx, consultationId, await this.held(tx, consultationId), { byUser: false })

  /** The job that makes, or last made, a summary of a consultation; nobody else asks for one until the transaction ends. */
  async held(tx: Tx, consultationId: number): Promise<Making | undefined> {
    return this.#making(tx, HOLD, consultationId)
  }

  /** The same for somebody who only looks. */
  async latest(db: Queryable, consultationId: number): Promise<Making | undefined> {
    return this.#making(db, LOOK, consultationId)
  }

  /**
   * Asks for a summary of a consultation that is held, after what `held` gave. The job's id. A job that nobody has begun is the same one, and sees
   * what this transaction has done; after one that has begun comes another.
   */
  async begin(tx: Tx, consultationId: number, before: Making | undefined, { byUser, to }: Asking): Promise<string> {
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

  /** Where the summary of a consultation is to be mailed; asked once. */
  async takeRecipients(tx: Tx, consultationId: number): Promise<readonly string[]> {
    const recipients = await this.#scope.repository(SummaryJob).exchange(tx, consultationId, 'mail_to', [])
    return [...new Set(recipients)]
  }

  /** What the summary of a consultation says now, whose it is, and of which consultation; undefined for one that is gone. */
  async write(
    db: Queryable,
    consultationId: number,
    now: Date
  ): Promise<{ readonly consultation: string; readonly patient: string; readonly document: Document } | undefined> {
    const { deployment, patients, slots } = this.#scope
    // Made when first asked for: whoever fills the slots is built after this service.
    this.#sql ??= factsSql(slots.consultation, patients.patients.relations.consultation_beds)
    const facts = await readFacts(db, this.#sql, consultationId)
    if (!facts) return undefined
    return {
      consultation: facts.consultation,
      patient: facts.patient.name,
      document: documentOf(facts, now.toISOString(), timesIn(deployment.timeZone))
    }
  }

  async #making(db: Queryable, sql: string, consultationId: number): Promise<Making | undefined> {
    const {
      rows: [row]
    } = await db.query<Row>(sql, [consultationId])
    const state = row?.job_id ? await jobState(db, row.job_id) : undefined
    return row?.job_id && state ? { ...state, jobId: row.job_id, byUser: row.asked_by_user, askedAt: row.asked_at } : undefined
  }
}
