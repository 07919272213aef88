import { defineContract } from 'care-kernel'

export { EVENTS as NOTIFICATION_EVENTS, type EventName as NotificationEvent } from './enumerations.ts'

/** Notifications of users. The plugin subscribes to events of other plugins; it offers no services. */
export const notifications = defineContract({ name: 'notifications', version: 1 })
