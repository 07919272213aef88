import { definePlugin } from 'care-kernel'
import { commands } from './commands.ts'
import { demo, welcome } from './demo.ts'
import { jobs } from './jobs.ts'
import { manifest } from './manifest.ts'
import { ResetPasswordToken, Skill, User, UserFacilityAllocation, UserFlag, UserSkill } from './models.ts'
import { userRules } from './policy.ts'
import { routes } from './routes/index.ts'
import { userRowAccess } from './row-access.ts'
import { schemes } from './schemes.ts'
import { services } from './services.ts'

export default definePlugin({
  ...manifest,
  models: [User, Skill, UserSkill, UserFlag, UserFacilityAllocation, ResetPasswordToken],
  migrations: new URL('../../migrations/auth-permissions/', import.meta.url),
  services,
  permissions: { rules: userRules, rowAccess: userRowAccess },
  schemes,
  routes,
  jobs,
  commands,
  demo,
  welcome,
  afterLoad: async ({ actors, database }) => database.transaction(async tx => actors.changed(tx, 'all')),
  start: async ({ actors, audit }) => {
    audit.start()
    await actors.start()
  },
  stop: ({ actors }) => actors.stop()
})
