import { definePlugin } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { resources } from './contract.ts'
import { demo } from './demo.ts'
import { ResourceRequest, ResourceRequestComment } from './models.ts'
import { resourceRules } from './policy.ts'
import { parties } from './resource-requests.ts'
import { resourceAccess } from './row-access.ts'
import { resourceRoutes } from './routes.ts'

export default definePlugin({
  contract: resources,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Requests for oxygen and supplies from facility to facility',
  requires: [authPermissions, facilities],
  reads: [FACILITY, USER],
  ports: ['database'],
  models: [ResourceRequest, ResourceRequestComment],
  migrations: new URL('../../migrations/resources/', import.meta.url),
  permissions: { rules: resourceRules, rowAccess: [resourceAccess] },
  hooks: { 'facilities/concern-asked': parties.concerns(resourceAccess) },
  routes: resourceRoutes,
  demo
})
