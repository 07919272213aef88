import type { ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { Notifications } from './notifications.ts'
import { WebPush } from './web-push.ts'

export const services = { notifications: Notifications, webPush: WebPush }

export type NotificationScope = ScopeOf<typeof manifest, typeof services>
