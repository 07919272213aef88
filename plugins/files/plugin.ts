import { definePlugin } from 'care-kernel'
import { archiveFiles } from './hooks.ts'
import { clearAbandoned } from './jobs.ts'
import { manifest } from './manifest.ts'
import { FileContent, FileUpload } from './models.ts'
import { fileRules } from './policy.ts'
import { routes } from './routes/index.ts'
import { services } from './services.ts'
import { fills } from './slots.ts'

export default definePlugin({
  ...manifest,
  models: [FileUpload, FileContent],
  migrations: new URL('../../migrations/files/', import.meta.url),
  services,
  permissions: { rules: fileRules },
  fills,
  hooks: { 'consultations/consents-archived': archiveFiles },
  jobs: { 'clear-abandoned': clearAbandoned },
  schedules: { 'clear-abandoned-uploads': { cron: '30 3 * * *', job: 'clear-abandoned', payload: { after: 0 } } },
  routes
})
