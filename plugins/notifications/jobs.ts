import type { Handling } from 'care-kernel/jobs'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { EVENTS } from './enumerations.ts'
import { manifest } from './manifest.ts'
import type { NotificationScope } from './services.ts'
import type { Outcome } from './web-push.ts'

/** Stores a message that a user sent to the users of a facility. */
const message = {
  payload: manifest.payloads.message,
  attempts: 8,
  run: async (
    { facilityId, userId: causedBy, message }: { readonly facilityId: number; readonly userId: number; readonly message: string },
    { tx }: Handling,
    { notifications }: NotificationScope
  ): Promise<void> => notifications.create(tx, 'MESSAGE', { facilityId, causedBy, message, objects: {} })
} as const

/** Push services accept 4 KiB; the list of notifications has the whole text. */
const MAX_PUSH_TEXT = 1000

const NO_SUBSCRIPTION = { pf_endpoint: '', pf_p256dh: '', pf_auth: '' }

interface PushRow {
  readonly user_id: number
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
  readonly event: number
  readonly message: string | null
}

// A notification that was read meanwhile is not pushed.
const PUSH_ROW = `select u.id as user_id, u.pf_endpoint as endpoint, u.pf_p256dh as p256dh, u.pf_auth as auth, n.event, n.message
  from facility_notification n join ${USER} u on u.id = n.intended_for_id
  where n.external_id = $1 and n.read_at is null and not n.deleted and u.is_active and not u.deleted
    and u.pf_endpoint <> '' and u.pf_p256dh <> '' and u.pf_auth <> ''`

/** Pushes one notification to its recipient's browser; deletes a subscription the push service reports as gone (`docs/api/gateways-jobs.md §7`, FIX). */
const push = {
  payload: manifest.payloads.push,
  attempts: 200,
  backoffSeconds: 5,
  backoffAtMostSeconds: 45,
  timeoutSeconds: 30,
  // Each holds a database connection while the push service is slow.
  concurrency: 3,
  async run(
    { notification }: { readonly notification: string },
    { tx }: Handling,
    { 'auth-permissions': { users }, logger, webPush }: NotificationScope
  ): Promise<{ readonly push: Outcome } | undefined> {
    const {
      rows: [row]
    } = await tx.query<PushRow>(PUSH_ROW, [notification])
    if (!row) return undefined
    const outcome = await webPush.send(
      row,
      { external_id: notification, message: pushedMessage(row), type: EVENTS[row.event as keyof typeof EVENTS] },
      notification.replaceAll('-', '')
    )
    if (outcome === 'gone') await users.setPush(tx, row.user_id, NO_SUBSCRIPTION, row.endpoint)
    if (outcome === 'refused') logger.warn({ notification }, 'a push service or a subscription does not take a push')
    return { push: outcome }
  }
} as const

/** The text, cut to the limit of push services; the object of a `PUSH_MESSAGE`. */
function pushedMessage({ event, message }: PushRow): unknown {
  if (EVENTS[event as keyof typeof EVENTS] === 'PUSH_MESSAGE') return JSON.parse(message ?? 'null') as unknown
  const text = message ?? ''
  return text.length > MAX_PUSH_TEXT ? `${text.slice(0, MAX_PUSH_TEXT)}…` : text
}

/** Sends one SMS about an approved shift; retried for hours while the provider is down. Returns the provider's message id, which stays with the job. */
const textOfShift = {
  payload: manifest.payloads['text-of-shift'],
  attempts: 400,
  backoffSeconds: 5,
  backoffAtMostSeconds: 45,
  timeoutSeconds: 30,
  // Each holds a database connection while the provider is slow.
  concurrency: 1,
  async run(
    { shiftId, to }: { readonly shiftId: number; readonly to: string },
    { tx, id: key }: Handling,
    { notifications, shifting, sms }: NotificationScope
  ): Promise<{ readonly id: string } | undefined> {
    const shift = await shifting?.shifts.notificationData(tx, shiftId)
    if (!shift) return undefined
    const { destination, approving_phone: phone } = shift
    return sms.send({ to, key, text: notifications.render('SHIFTING_APPROVED_SMS', { destination, phone: phone ?? '' }) })
  }
} as const

const DAY_MS = 86_400_000
const PURGE_BATCH = 10_000

/** Deletes old notifications permanently, except soft-deleted ones (`docs/api/gateways-jobs.md §6.3`). */
const purge = {
  payload: manifest.payloads.purge,
  timeoutSeconds: 600,
  async run(_: null, { tx, signal }: Handling, { clock, config }: NotificationScope): Promise<{ readonly purged: number }> {
    const before = new Date(clock.now().getTime() - config.keepDays * DAY_MS).toISOString()
    let purged = 0
    // Raw SQL: a set.
    for (let rowCount = PURGE_BATCH; rowCount === PURGE_BATCH && !signal.aborted; purged += rowCount)
      ({ rowCount } = await tx.query(
        `delete from facility_notification where id in (select id from facility_notification where created_date <= $1 and not deleted limit ${PURGE_BATCH})`,
        [before]
      ))
    return { purged }
  }
} as const

export const jobs = { message, push, 'text-of-shift': textOfShift, purge }
