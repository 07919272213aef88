import type { Rule } from 'care-kernel/access'
import { atLeast, anyActor, RANK } from 'care-kernel/contracts/auth-permissions'

/** Rules of notifications (contract gateways-jobs §6.1); everybody sees only one's own. */
export const notificationRules = {
  'notification.own': { summary: "See one's own notifications, mark them as read, subscribe to pushes", allow: anyActor },
  'notification.send': { summary: 'Write to everybody at a facility', allow: atLeast(RANK.doctor) }
} as const satisfies Readonly<Record<string, Rule>>
