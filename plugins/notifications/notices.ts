import type { Tx } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { FACILITY, MEMBER } from 'care-kernel/contracts/facilities'
import { numberOf, STORED, type EventName } from './enumerations.ts'
import type { DeclaredScope } from './scope.ts'
import { fill, TEXTS, type TextName } from './texts.ts'
import type { WebPush } from './web-push.ts'

/** What happened, and who works where it is told. */
export interface Notice {
  /** Whose people are told; without a facility, or with one that is deleted, nobody is. */
  readonly facilityId: number | null
  /** Told too, wherever this user works. */
  readonly alsoTo?: number | null
  /** Who caused it, and so knows. */
  readonly by: number
  /** Uuids of what it is about, by kind: `caused_objects`. */
  readonly objects: Readonly<Record<string, string>>
  /** Values of the event's text, besides `user`. */
  readonly values?: Readonly<Record<string, string>>
  /** The words themselves, where the event has no text of its own. */
  readonly message?: string
}

// Raw SQL: a set, the people of a facility. Deleted and inactive users hear nothing, and nobody hears it twice (contract gateways-jobs §6.3, FIX).
const TELL = `with told as (
  insert into facility_notification (external_id, created_date, modified_date, deleted, medium_sent, event_type, event, message, caused_objects, caused_by_id, intended_for_id)
  select gen_random_uuid(), $1, $1, false, ${STORED.system}, $2, $3, $4, $5::jsonb, $6, u.id
  from ${FACILITY} f
  cross join lateral (select m.user_id from ${MEMBER} m where m.facility_id = f.id union select $8::bigint) r
  join ${USER} u on u.id = r.user_id
  where f.id = $7 and not f.deleted and u.is_active and not u.deleted and u.id <> $6
  returning external_id, intended_for_id)
select t.external_id from told t join ${USER} u on u.id = t.intended_for_id where u.pf_endpoint <> '' and u.pf_p256dh <> '' and u.pf_auth <> ''`

/** Writes what users are told, one row each, and has it pushed to their browsers. */
export class Notices {
  readonly #scope: DeclaredScope & { readonly webPush: WebPush }

  constructor(scope: DeclaredScope & { readonly webPush: WebPush }) {
    this.#scope = scope
  }

  /** Tells everybody whom an event concerns, in one statement; one job for each who wants to be pushed. */
  async announce(tx: Tx, event: EventName, notice: Notice): Promise<void> {
    const { facilityId, alsoTo = null, by, objects } = notice
    if (facilityId === null) return
    const { rows } = await tx.query<{ external_id: string }>(TELL, [
      this.#scope.clock.now().toISOString(),
      event === 'MESSAGE' ? STORED.customMessage : STORED.systemGenerated,
      numberOf(event),
      notice.message ?? (await this.#words(tx, event as TextName, notice)),
      JSON.stringify(objects),
      by,
      facilityId,
      alsoTo
    ])
    if (!this.#scope.webPush.isOn) return
    await this.#scope.enqueueAll(
      tx,
      'push',
      rows.map(({ external_id: notification }) => ({ notification }))
    )
  }

  /** A text in the deployment's words. */
  text(name: TextName, values: Readonly<Record<string, string>>): string {
    return fill(this.#scope.config.texts[name] ?? TEXTS[name].text, values)
  }

  async #words(tx: Tx, event: TextName, { by, values }: Notice): Promise<string> {
    const {
      rows: [user]
    } = await tx.query<{ name: string }>(`select trim(first_name || ' ' || last_name) as name from ${USER} where id = $1`, [by])
    return this.text(event, { ...values, user: user?.name ?? '' })
  }
}
