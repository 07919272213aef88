import { secret } from 'care-kernel'
import { Type, type Static } from 'typebox'
import { PREFERRED_HASH } from './password-hashes.ts'

/** Settings of the plugin; docs/operations.md names the original's variable of each. */
export const Settings = Type.Object(
  {
    permissionCacheSeconds: Type.Integer({
      default: 5,
      minimum: 0,
      maximum: 60,
      description: '0 for a database that another backend writes to as well'
    }),
    accessTokenMinutes: Type.Integer({ default: 10, minimum: 1 }),
    refreshTokenMinutes: Type.Integer({ default: 30, minimum: 1 }),
    basicAuthentication: Type.Boolean({
      default: false,
      description: 'HTTP Basic everywhere, not only on patients; for development'
    }),
    loginsPerAddress: Type.Integer({
      default: 300,
      minimum: 1,
      description: 'Logins and resets per client address and ten minutes'
    }),
    captchaSiteKey: Type.Optional(Type.String()),
    captchaSecretKey: Type.Optional(secret()),
    jwks: Type.Optional(
      secret({ description: 'Base64 of {"keys": [private RSA JWK]}; generated and stored in jwksFile where absent' })
    ),
    jwksFile: Type.String({ default: '.care/jwks.b64.txt' }),
    middlewareTimeoutSeconds: Type.Integer({ default: 20, minimum: 1 }),
    auditLog: Type.Boolean({ default: false, description: 'A log line for every write of a model' }),
    passwordHash: Type.Object(
      {
        memoryKiB: Type.Integer({ default: PREFERRED_HASH.memoryKiB, minimum: 64 }),
        passes: Type.Integer({ default: PREFERRED_HASH.passes, minimum: 1 }),
        lanes: Type.Integer({ default: PREFERRED_HASH.lanes, minimum: 1 })
      },
      { default: {}, additionalProperties: false }
    )
  },
  { additionalProperties: false }
)

export type AuthSettings = Static<typeof Settings>
