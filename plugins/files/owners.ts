import type { Actor, Queryable, ScopeOf } from 'care-kernel'
import { CONSENT, CONSULTATION } from 'care-kernel/contracts/consultations'
import { invalid, isUuid } from 'care-kernel/rest'
import { facilityLike } from 'care-kernel/contracts/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { FILE_TYPE, type FileType } from './enumerations.ts'
import { mayTouch, type OwnerLike } from './policy.ts'
import type { manifest } from './manifest.ts'

/** The owner of files. */
export interface Owner {
  /** Stored in `associating_id`. */
  readonly key: string
  readonly patientId: number | null
  readonly consultationId: number | null
}

interface OwnerRow extends Owner, OwnerLike {
  /** Accepts new files. */
  readonly open: boolean
  /** A replaced consent, whose files no longer change. */
  readonly closed: boolean
}

/** Hooks of other plugins get `read` for `change`, as in the original. */
export type Action = 'create' | 'change' | 'read'

/** All refusals are equal, so that clients cannot probe for owners (docs/api/gateways-jobs.md §1.3). */
export const refused = () => invalid({ permission: 'denied' })

const patientSql = (lastAssigned: string) => `
  select p.id::text as key, p.id as "patientId", null::bigint as "consultationId", p.is_active as open, false as closed,
    json_build_array(p.assigned_to_id, ${lastAssigned}) as assigned, json_build_array(${facilityLike('p.facility_id')}) as facilities
  from ${PATIENT} p where p.external_id = any($1) and not p.deleted`

const consultationSql = (key: string, open: string, named: string, closed = 'false') => `
  select ${key} as key, p.id as "patientId", c.id as "consultationId", ${open} as open, ${closed} as closed,
    json_build_array(p.assigned_to_id, c.assigned_to_id) as assigned,
    json_build_array(${facilityLike('p.facility_id')}, ${facilityLike('c.facility_id')}) as facilities
  from ${CONSULTATION} c join ${PATIENT} p on p.id = c.patient_id ${named} and not c.deleted`

const byConsultation = 'where c.external_id = any($1)'
const running = 'c.discharge_date is null'

/** Checks whose files an actor may access (docs/api/gateways-jobs.md §1.3). */
export class Owners {
  readonly #scope: ScopeOf<typeof manifest>
  /** One statement per type whose rule this plugin has, for any number of owners. */
  readonly #sql: Readonly<Partial<Record<FileType, string>>>

  constructor(scope: ScopeOf<typeof manifest>) {
    this.#scope = scope
    const last = `(select c.assigned_to_id from ${CONSULTATION} c where c.id = p.last_consultation_id)`
    this.#sql = {
      ...(scope.patients ? { [FILE_TYPE.patient]: patientSql(scope.consultations ? last : 'null::bigint') } : {}),
      ...(scope.consultations
        ? {
            [FILE_TYPE.consultation]: consultationSql('c.id::text', running, byConsultation),
            [FILE_TYPE.dischargeSummary]: consultationSql('c.external_id::text', 'true', byConsultation),
            [FILE_TYPE.consent]: consultationSql(
              'k.external_id::text',
              running,
              `join ${CONSENT} k on k.consultation_id = c.id where k.external_id = any($1) and not k.deleted`,
              'k.archived'
            )
          }
        : {})
    }
  }

  /** All of these owners, or 400 `{"permission": "denied"}` whatever the reason. */
  async require(db: Queryable, actor: Actor, type: FileType, ids: readonly string[], action: Action): Promise<readonly Owner[]> {
    const named = new Set(ids.map(id => id.trim().toLowerCase().replaceAll('-', '')))
    if (![...named].every(isUuid)) throw refused()
    const sql = this.#sql[type]
    if (!sql) return this.#requireByHook(db, actor, type, ids, action)
    const { rows } = await db.query<OwnerRow>(sql, [[...named]])
    const allowed = rows.filter(
      row => (action !== 'create' || row.open) && (action === 'read' || !row.closed) && mayTouch.test(actor, row)
    )
    if (allowed.length < named.size) throw refused()
    return allowed
  }

  async #requireByHook(
    db: Queryable,
    actor: Actor,
    type: FileType,
    ids: readonly string[],
    action: Action
  ): Promise<readonly Owner[]> {
    const byHook = type === FILE_TYPE.sample || type === FILE_TYPE.claim || type === FILE_TYPE.communication
    const answers = byHook
      ? await this.#scope.hooks['owners-asked'](db, { type, ids, actor, action: action === 'create' ? 'create' : 'read' })
      : []
    const keys = answers.find(answer => answer !== undefined && answer.length === ids.length)
    if (!keys) throw refused()
    return keys.map(key => ({ key, patientId: null, consultationId: null }))
  }
}
