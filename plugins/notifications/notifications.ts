import type { ScopeOf, Tx } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { FACILITY, MEMBER } from 'care-kernel/contracts/facilities'
import { numberOf, STORED, type EventName } from './enumerations.ts'
import type { manifest } from './manifest.ts'
import { renderTemplate, TEMPLATES, type TemplateName } from './templates.ts'
import type { WebPush } from './web-push.ts'

type Scope = ScopeOf<typeof manifest> & { readonly webPush: WebPush }

/** A notification before it is stored once per recipient. */
export interface NewNotification {
  /** The recipients are the members of this facility. No recipients for null or a deleted facility. */
  readonly facilityId: number | null
  /** One more recipient: the user the patient or the consultation is assigned to, member or not. */
  readonly assigneeId?: number | null
  /** The user who caused the event; never a recipient. */
  readonly causedBy: number
  /** Uuids of the objects concerned, by kind: `caused_objects`. */
  readonly objects: Readonly<Record<string, string>>
  /** Values of the event's template, besides `user`. */
  readonly values?: Readonly<Record<string, string>>
  /** The text itself, for events without a template. */
  readonly message?: string
}

/** Ids of the recipients: $6 is who caused the event, $7 the facility, $8 the assignee (`docs/api/gateways-jobs.md §6.3`, FIX). `union` removes duplicates. */
const RECIPIENTS = `select u.id from ${FACILITY} f
  cross join lateral (select m.user_id from ${MEMBER} m where m.facility_id = f.id union select $8::bigint) r
  join ${USER} u on u.id = r.user_id
  where f.id = $7 and not f.deleted and u.is_active and not u.deleted and u.id <> $6`

// Raw SQL: one insert for all recipients. Returns the notifications whose recipient has a web push subscription.
const INSERT = `with created as (
  insert into facility_notification (external_id, created_date, modified_date, deleted, medium_sent, event_type, event, message, caused_objects, caused_by_id, intended_for_id)
  select gen_random_uuid(), $1, $1, false, ${STORED.system}, $2, $3, $4, $5::jsonb, $6, recipient.id from (${RECIPIENTS}) recipient
  returning external_id, intended_for_id)
select c.external_id from created c join ${USER} u on u.id = c.intended_for_id where u.pf_endpoint <> '' and u.pf_p256dh <> '' and u.pf_auth <> ''`

/** Stores notifications, one row per recipient, and enqueues their pushes. */
export class Notifications {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Stores the notification of an event for all its recipients in one statement, and enqueues one `push` job per subscribed browser. */
  async create(tx: Tx, event: EventName, notification: NewNotification): Promise<void> {
    const { facilityId, assigneeId = null, causedBy, objects } = notification
    if (facilityId === null) return
    const { rows } = await tx.query<{ external_id: string }>(INSERT, [
      this.#scope.clock.now().toISOString(),
      event === 'MESSAGE' ? STORED.customMessage : STORED.systemGenerated,
      numberOf(event),
      notification.message ?? (await this.#text(tx, event as TemplateName, notification)),
      JSON.stringify(objects),
      causedBy,
      facilityId,
      assigneeId
    ])
    if (!this.#scope.webPush.isOn) return
    await this.#scope.enqueueAll(
      tx,
      'push',
      rows.map(({ external_id: notification }) => ({ notification }))
    )
  }

  /** The text of a template: the deployment's (setting `texts`) or the default one. */
  render(template: TemplateName, values: Readonly<Record<string, string>>): string {
    return renderTemplate(this.#scope.config.texts[template] ?? TEMPLATES[template].text, values)
  }

  async #text(tx: Tx, event: TemplateName, { causedBy, values }: NewNotification): Promise<string> {
    const {
      rows: [user]
    } = await tx.query<{ name: string }>(`select trim(first_name || ' ' || last_name) as name from ${USER} where id = $1`, [
      causedBy
    ])
    return this.render(event, { ...values, user: user?.name ?? '' })
  }
}
