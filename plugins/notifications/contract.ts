import { defineContract } from 'care-kernel'

export { EVENTS as NOTIFICATION_EVENTS, type EventName as NotificationEvent } from './enumerations.ts'

/** What users are told: in the application, by web push, and other people by SMS. It listens to what the other plugins announce. */
export const notifications = defineContract({ name: 'notifications', version: 1 })
