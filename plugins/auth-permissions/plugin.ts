import { definePlugin } from 'care-kernel'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { Accounts } from './accounts.ts'
import { Actors } from './actors.ts'
import { Audit } from './audit.ts'
import { Captcha } from './captcha.ts'
import { authPermissions } from './contract.ts'
import { demo, welcome } from './demo.ts'
import { Flags } from './flags.ts'
import { jwksRoutes, SigningKeys } from './jwks-routes.ts'
import { loginRoutes } from './login.ts'
import { Middleware, middlewareRoutes } from './middleware.ts'
import { ResetPasswordToken, Skill, User, UserFacilityAllocation, UserFlag, UserSkill } from './models.ts'
import { passwordChangeRoutes } from './password-change.ts'
import { passwordResetRoutes, sendPasswordReset } from './password-reset.ts'
import { RateLimit } from './rate-limit.ts'
import { userRowAccess } from './row-access.ts'
import { schemes } from './schemes.ts'
import { Settings } from './settings.ts'
import { skillRoutes } from './skills.ts'
import { userCommands } from './user-commands.ts'
import { userRules } from './user-policy.ts'
import { userRoutes } from './user-routes.ts'
import { UserAccounts } from './users.ts'

export default definePlugin({
  contract: authPermissions,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Login, users, skills, flags and the policy',
  requires: [places],
  reads: [DISTRICT, LOCAL_BODY, STATE, WARD],
  ports: ['database', 'cache', 'email'],
  config: Settings,
  models: [User, Skill, UserSkill, UserFlag, UserFacilityAllocation, ResetPasswordToken],
  migrations: new URL('../../migrations/auth-permissions/', import.meta.url),
  services: {
    accounts: Accounts,
    actors: Actors,
    audit: Audit,
    captcha: Captcha,
    flags: Flags,
    middleware: Middleware,
    rateLimit: RateLimit,
    signingKeys: SigningKeys,
    tokens: ({ accounts }: { accounts: Accounts }) => accounts.tokens,
    users: UserAccounts
  },
  permissions: { rules: userRules, rowAccess: userRowAccess },
  schemes,
  routes(app, scope) {
    loginRoutes(app, scope)
    passwordResetRoutes(app, scope)
    passwordChangeRoutes(app, scope)
    userRoutes(app, scope)
    skillRoutes(app, scope)
    jwksRoutes(app, scope)
    middlewareRoutes(app)
  },
  jobs: { 'send-password-reset': sendPasswordReset },
  commands: userCommands,
  demo,
  welcome,
  afterLoad: async ({ actors, database }) => database.transaction(async tx => actors.changed(tx, 'all')),
  start: async ({ actors, audit }) => {
    audit.start()
    await actors.start()
  },
  stop: ({ actors }) => actors.stop()
})
