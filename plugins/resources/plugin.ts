import { definePlugin } from 'care-kernel'
import { demo } from './demo/index.ts'
import { manifest } from './manifest.ts'
import { ResourceRequest, ResourceRequestComment } from './models.ts'
import { resourceRules } from './policy.ts'
import { parties } from './reads.ts'
import { resourceRoutes } from './routes.ts'
import { resourceAccess } from './row-access.ts'

export default definePlugin({
  ...manifest,
  models: [ResourceRequest, ResourceRequestComment],
  migrations: new URL('../../migrations/resources/', import.meta.url),
  permissions: { rules: resourceRules, rowAccess: [resourceAccess] },
  hooks: { 'facilities/concern-asked': parties.concerns(resourceAccess) },
  routes: resourceRoutes,
  demo
})
