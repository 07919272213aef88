import type { FastifyInstance } from 'fastify'
import { ApiError, describe, field, isUuid, readInput, record } from 'care-kernel/rest'
import type { AuthScope } from '../services.ts'
import { seconds } from '../tokens.ts'

const credentials = record({ username: field.text(), password: field.text() })
const refreshToken = record({ refresh: field.text() })
const anyToken = record({ token: field.text() })
const open = { config: { permission: 'public' } }
const CHALLENGE = { 'www-authenticate': 'Bearer realm="api"' }

/** Login, refresh and verify (docs/api/auth-users.md §2.1 to §2.3). An `Authorization` header is ignored. */
export function loginRoutes(app: FastifyInstance, { accounts, actors, rateLimit, clock, database }: AuthScope): void {
  app.post('/api/v1/auth/login/', { ...open, schema: describe({ summary: 'Log in', body: credentials }) }, async request => {
    const { username, password } = await readInput(request, credentials, { db: database })
    await rateLimit.count(
      request,
      { group: 'login', value: username },
      new ApiError(429, { detail: 'Too Many Requests Provide Captcha', code: '429', status: '429' }, CHALLENGE)
    )
    const user = await accounts.check(username, password)
    if (!user) throw unauthorised('No active account found with the given credentials', 'no_active_account')
    await accounts.seen(user.id)
    return accounts.tokens.issue(user.external_id, seconds(clock))
  })

  app.post(
    '/api/v1/auth/token/refresh/',
    { ...open, schema: describe({ summary: 'Take the next pair of tokens', body: refreshToken }) },
    async request => {
      const { refresh } = await readInput(request, refreshToken, { db: database })
      const now = seconds(clock)
      const verified = accounts.tokens.verify(refresh, 'refresh', now)
      if (!verified.ok)
        throw unauthorised(
          verified.reason === 'wrong_type' ? 'Token has wrong type' : 'Token is invalid or expired',
          'token_not_valid'
        )
      // FIX: an unknown, deleted or inactive user gets no new tokens.
      const userId = (verified.claims.user_id ?? '').toLowerCase()
      const actor = isUuid(userId) ? await actors.byExternalId(userId) : undefined
      if (!actor) throw unauthorised('Token is invalid or expired', 'token_not_valid')
      await accounts.seen(actor.id)
      const { access, refresh: next } = accounts.tokens.rotate(verified.claims, now)
      return { access, refresh: next }
    }
  )

  app.post(
    '/api/v1/auth/token/verify/',
    { ...open, schema: describe({ summary: 'Whether a token is valid', body: anyToken }) },
    async request => {
      const { token } = await readInput(request, anyToken, { db: database })
      if (!accounts.tokens.verify(token, undefined, seconds(clock)).ok)
        throw unauthorised('Token is invalid or expired', 'token_not_valid')
      return {}
    }
  )
}

function unauthorised(detail: string, code: string): ApiError {
  return new ApiError(401, { detail, code }, CHALLENGE)
}
