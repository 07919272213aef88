import type { Handling } from 'care-kernel/jobs'
import { Type } from 'typebox'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { EVENTS } from './enumerations.ts'
import type { NotificationScope } from './scope.ts'
import type { Outcome } from './web-push.ts'

interface Pushed {
  readonly user_id: number
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
  readonly event: number
  readonly message: string | null
}

/** Push services take 4 KiB; the whole text is in the list. */
const LONGEST_TEXT = 1000

const NOWHERE = { pf_endpoint: '', pf_p256dh: '', pf_auth: '' }

// What has been read needs no push any more.
const FIND = `select u.id as user_id, u.pf_endpoint as endpoint, u.pf_p256dh as p256dh, u.pf_auth as auth, n.event, n.message
  from facility_notification n join ${USER} u on u.id = n.intended_for_id
  where n.external_id = $1 and n.read_at is null and not n.deleted and u.is_active and not u.deleted
    and u.pf_endpoint <> '' and u.pf_p256dh <> '' and u.pf_auth <> ''`

/** Pushes one notification to its user's browser. One that is gone is forgotten (contract gateways-jobs §7, FIX). */
export const push = {
  payload: Type.Object({ notification: Type.String({ format: 'uuid' }) }),
  attempts: 200,
  backoffSeconds: 5,
  backoffAtMostSeconds: 45,
  timeoutSeconds: 30,
  // Each holds a connection to the database while the push service is slow.
  concurrency: 3,
  async run(
    { notification }: { readonly notification: string },
    { tx }: Handling,
    { 'auth-permissions': { users }, logger, webPush }: NotificationScope
  ): Promise<{ readonly push: Outcome } | undefined> {
    const {
      rows: [row]
    } = await tx.query<Pushed>(FIND, [notification])
    if (!row) return undefined
    const outcome = await webPush.send(
      row,
      { external_id: notification, message: messageOf(row), type: EVENTS[row.event as keyof typeof EVENTS] },
      notification.replaceAll('-', '')
    )
    if (outcome === 'gone') await users.setPush(tx, row.user_id, NOWHERE, row.endpoint)
    if (outcome === 'refused') logger.warn({ notification }, 'a push service or a subscription does not take a push')
    return { push: outcome }
  }
} as const

/** The text, or the object that the front end's pages get. */
function messageOf({ event, message }: Pushed): unknown {
  if (EVENTS[event as keyof typeof EVENTS] === 'PUSH_MESSAGE') return JSON.parse(message ?? 'null') as unknown
  const text = message ?? ''
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
