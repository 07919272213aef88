import type { ScopeOf } from 'care-kernel'
import { Accounts } from './accounts.ts'
import { Actors } from './actors.ts'
import { Audit } from './audit.ts'
import { SigningKeys } from './jwks.ts'
import type { manifest } from './manifest.ts'
import { Middleware } from './middleware.ts'
import { Captcha, RateLimit } from './rate-limit.ts'
import { Flags, UserAccounts } from './users.ts'

export const services = {
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
}

export type AuthScope = ScopeOf<typeof manifest, typeof services>
