import type { Rule } from 'care-kernel/access'
import { atLeast, anyActor, RANK } from 'care-kernel/contracts/auth-permissions'

/** Rules of notifications (`docs/api/gateways-jobs.md §6.1`). Row access limits users to their own notifications. */
export const notificationRules = {
  'notification.own': { summary: 'See own notifications, mark them as read, subscribe to web push', allow: anyActor },
  'notification.send': { summary: 'Send a message to the users of a facility', allow: atLeast(RANK.doctor) }
} as const satisfies Readonly<Record<string, Rule>>
