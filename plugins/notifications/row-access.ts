import { rowAccess } from 'care-kernel/access'
import { anyActor } from 'care-kernel/contracts/auth-permissions'

/** Notifications an actor sees (`docs/api/gateways-jobs.md §6.1`); `n` is the notification. */
export const notificationAccess = rowAccess({
  name: 'notification',
  summary: 'Notifications an actor sees',
  cases: {
    own: {
      when: anyActor,
      rows: 'notifications for the actor',
      sql: ({ id }, params) => `n.intended_for_id = ${params.add(id)}`
    }
  }
})
