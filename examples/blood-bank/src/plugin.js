import { definePlugin } from 'care-kernel'
import { all } from 'care-kernel/access'
import { authPermissions, baseRead, baseWrite, hasFacility } from 'care-kernel/contracts/auth-permissions'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { Type } from 'typebox'
import { bloodBank } from './contract.js'
import { jobs, on, schedules } from './jobs.js'
import { BloodUnit } from './models.js'
import { routes } from './routes.js'

export default definePlugin({
  contract: bloodBank,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Units of blood per facility, with a warning when they run low',
  requires: [authPermissions, facilities],
  reads: [FACILITY],
  ports: ['database', 'email'],
  config: Type.Object(
    {
      minimumUnits: Type.Integer({ default: 4, minimum: 1 }),
      warn: Type.Optional(Type.String({ format: 'email', description: 'Who gets a mail when a stock runs low' }))
    },
    { additionalProperties: false }
  ),
  models: [BloodUnit],
  migrations: new URL('../migrations/', import.meta.url),
  permissions: {
    rules: {
      'blood-unit.read': { summary: 'See the blood of facilities one reaches', allow: baseRead },
      'blood-unit.write': {
        summary: 'Add blood to a facility one works at or administers',
        allow: all(baseWrite),
        object: hasFacility
      }
    }
  },
  routes,
  jobs,
  on,
  schedules
})
