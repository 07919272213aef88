import { definePlugin } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { consultations } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY, MEMBER } from 'care-kernel/contracts/facilities'
import { files } from 'care-kernel/contracts/files'
import { patients } from 'care-kernel/contracts/patients'
import { shifting } from 'care-kernel/contracts/shifting'
import { announcements } from './announcements.ts'
import { commands } from './commands.ts'
import { notifications } from './contract.ts'
import { message } from './message.ts'
import { Notification } from './models.ts'
import { Notices } from './notices.ts'
import { notificationRules } from './policy.ts'
import { purge } from './purge.ts'
import { push } from './push.ts'
import { notificationRoutes } from './routes.ts'
import { notificationAccess } from './row-access.ts'

import { Settings } from './settings.ts'
import { textOfShift } from './shift-texts.ts'
import { subscriptionRoutes } from './subscription-routes.ts'
import { WebPush } from './web-push.ts'

export default definePlugin({
  contract: notifications,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'What users are told: in the application, by web push, and other people by SMS',
  requires: [authPermissions, facilities],
  optional: [patients, consultations, shifting, files],
  reads: [FACILITY, MEMBER, USER],
  ports: ['database', 'sms'],
  config: Settings,
  models: [Notification],
  migrations: new URL('../../migrations/notifications/', import.meta.url),
  services: { notices: Notices, webPush: WebPush },
  permissions: { rules: notificationRules, rowAccess: [notificationAccess] },
  on: announcements,
  jobs: { message, push, 'text-of-shift': textOfShift, purge },
  schedules: { 'delete-old-notifications': { cron: '0 0 * * *', job: 'purge', payload: null } },
  routes(app, scope) {
    notificationRoutes(app, scope)
    subscriptionRoutes(app, scope)
  },
  commands
})
