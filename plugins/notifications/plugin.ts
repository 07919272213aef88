import { definePlugin } from 'care-kernel'
import { commands } from './commands.ts'
import { eventHandlers } from './events.ts'
import { jobs } from './jobs.ts'
import { manifest } from './manifest.ts'
import { Notification } from './models.ts'
import { notificationRules } from './policy.ts'
import { routes } from './routes.ts'
import { notificationAccess } from './row-access.ts'
import { services } from './services.ts'

export default definePlugin({
  ...manifest,
  models: [Notification],
  migrations: new URL('../../migrations/notifications/', import.meta.url),
  services,
  permissions: { rules: notificationRules, rowAccess: [notificationAccess] },
  on: eventHandlers,
  jobs,
  schedules: { 'delete-old-notifications': { cron: '0 0 * * *', job: 'purge', payload: null } },
  routes,
  commands
})
