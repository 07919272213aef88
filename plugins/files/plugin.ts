import { definePlugin } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CONSENT, CONSULTATION, consultations } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT, patients } from 'care-kernel/contracts/patients'
import { clearAbandoned } from './abandoned.ts'
import { archiveFiles } from './consents.ts'
import { files } from './contract.ts'
import { fileRoutes } from './file-routes.ts'
import { FileService } from './files.ts'
import { FileContent, FileUpload } from './models.ts'
import { Owners } from './owners.ts'
import { addressSql, pictureRoutes } from './picture-routes.ts'
import { fileRules } from './policy.ts'
import type { FileScope } from './scope.ts'
import { Settings } from './settings.ts'
import { FILES_OF_CONSENT } from './shapes.ts'
import { Store } from './store.ts'

export default definePlugin({
  contract: files,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Files about patients and consultations, pictures of facilities and users',
  requires: [authPermissions, facilities],
  optional: [patients, consultations],
  reads: [CONSENT, CONSULTATION, FACILITY, PATIENT, USER],
  ports: ['database', 'storage'],
  config: Settings,
  models: [FileUpload, FileContent],
  migrations: new URL('../../migrations/files/', import.meta.url),
  services: { files: FileService, owners: Owners, store: Store },
  permissions: { rules: fileRules },
  fills: {
    'auth-permissions/user': {
      read_profile_picture_url: ({ storage }: FileScope) => addressSql('u.profile_picture_url', storage)
    },
    'facilities/facility': { read_cover_image_url: ({ storage }: FileScope) => addressSql('f.cover_image_url', storage) },
    'consultations/consent': { files: FILES_OF_CONSENT }
  },
  hooks: { 'consultations/consents-archived': archiveFiles },
  jobs: { 'clear-abandoned': clearAbandoned },
  schedules: { 'clear-abandoned-uploads': { cron: '30 3 * * *', job: 'clear-abandoned', payload: { after: 0 } } },
  routes(app, scope) {
    fileRoutes(app, scope)
    pictureRoutes(app, scope)
  }
})
