import type { FastifyRequest } from 'fastify'
import type { Actor, AuthenticationScheme } from 'care-kernel'
import { ApiError, isUuid, unauthenticated } from 'care-kernel/rest'
import type { Account } from './actors.ts'
import { tooMany } from './rate-limit.ts'
import type { AuthScope } from './services.ts'
import { seconds, type TokenFailure } from './tokens.ts'

/** Status and challenge of a scheme's refusals. */
export type Refused = AuthenticationScheme<never>['refused']

type SchemeScope = Pick<
  AuthScope,
  'accounts' | 'actors' | 'clock' | 'config' | 'database' | 'deployment' | 'middleware' | 'rateLimit'
>

const DEFAULT: Refused = { status: 403 }
const CONSULTATION: Refused = { status: 401, challenge: 'Middleware_Bearer realm="api"' }

/** Authentication schemes (docs/api/auth-users.md §1.3). All refusals of a scheme have its status. */
export const schemes: Readonly<Record<string, AuthenticationScheme<SchemeScope>>> = {
  user: {
    summary: 'A user by access token',
    refused: DEFAULT,
    authenticate: (request, scope) =>
      byToken(request, scope, DEFAULT) ??
      (scope.config.basicAuthentication && scope.deployment.environment === 'development'
        ? byPassword(request, scope, DEFAULT)
        : null),
    headersFor
  },
  'user+basic': {
    summary: 'A user by access token, or by name and password',
    refused: DEFAULT,
    authenticate: (request, scope) => byToken(request, scope, DEFAULT) ?? byPassword(request, scope, DEFAULT),
    headersFor
  },
  consultation: {
    summary: 'A user by access token; refusals are 401',
    refused: CONSULTATION,
    authenticate: (request, scope) => byToken(request, scope, CONSULTATION),
    headersFor
  },
  middleware: {
    summary: 'A facility by the token of its middleware',
    refused: CONSULTATION,
    authenticate: (request, scope) => scope.middleware.authenticate(request)
  }
}

/** A request with an access token of the user. */
async function headersFor(username: string, { accounts, clock, database }: SchemeScope) {
  const {
    rows: [user]
  } = await database.query<{ external_id: string }>('select external_id from users_user where username = $1 and not deleted', [
    username
  ])
  return user && { authorization: `Bearer ${accounts.tokens.issue(user.external_id, seconds(clock)).access}` }
}

/** Messages of bad access tokens (docs/api/auth-users.md §1.3.1). */
const MESSAGES: Readonly<Record<TokenFailure, object>> = {
  invalid: tokenBody('Token is invalid or expired'),
  wrong_type: tokenBody('Token has wrong type'),
  no_user: { detail: 'Token contained no recognizable user identification', code: 'token_not_valid' }
}

/** Null without a token; synchronous for an actor cached in this process. */
function byToken(
  request: FastifyRequest,
  { accounts, actors, clock }: SchemeScope,
  refused: Refused
): Actor | Promise<Actor> | null {
  const credentials = credentialsOf(request, 'Bearer', refused)
  if (credentials === null) return null
  const verified = accounts.tokens.verify(credentials, 'access', seconds(clock))
  if (!verified.ok) throw refusal(refused, MESSAGES[verified.reason])
  const userId = (verified.claims.user_id ?? '').toLowerCase()
  if (!isUuid(userId)) throw refusal(refused, MESSAGES.invalid)
  const cached = actors.cached(userId)
  return cached ? activeOf(cached, refused) : actors.account(userId).then(account => activeOf(account, refused))
}

function activeOf(account: Account | undefined, refused: Refused): Actor {
  if (!account) throw refusal(refused, { detail: 'User not found', code: 'user_not_found' })
  if (!account.active) throw refusal(refused, { detail: 'User is inactive', code: 'user_inactive' })
  return account.actor
}

/** Wrong passwords are counted, so that HTTP Basic does not bypass the limit of logins. */
async function byPassword(
  request: FastifyRequest,
  { accounts, actors, rateLimit }: SchemeScope,
  refused: Refused
): Promise<Actor | null> {
  const header = request.headers.authorization ?? ''
  if (!/^basic( |$)/i.test(header)) return null
  const [username = '', ...rest] = Buffer.from(header.slice(6).trim(), 'base64').toString('utf8').split(':')
  const bucket = { group: 'basic', value: username }
  if (await rateLimit.full(request, bucket)) throw tooMany()
  const user = rest.length > 0 ? await accounts.check(username, rest.join(':')) : undefined
  const actor = user ? await actors.byExternalId(user.external_id) : undefined
  if (!actor) {
    await rateLimit.count(request, bucket)
    throw refusal(refused, { detail: 'Invalid username/password.' })
  }
  return actor
}

function tokenBody(message: string): object {
  return {
    detail: 'Invalid Token, please relogin to continue',
    code: 'token_not_valid',
    messages: [{ token_class: 'AccessToken', token_type: 'access', message }]
  }
}

/** The credentials after the scheme word of the header; null without a header or with another scheme. Refused unless there are two parts. */
export function credentialsOf(request: FastifyRequest, word: string, refused: Refused): string | null {
  const header = request.headers.authorization
  if (header === undefined) return null
  const parts = header.trim().split(/\s+/)
  if (parts[0] !== word) return null
  const [, credentials] = parts
  if (parts.length !== 2 || credentials === undefined)
    throw refusal(refused, {
      detail: 'Authorization header must contain two space-delimited values',
      code: 'bad_authorization_header'
    })
  return credentials
}

/** An error with the status and the challenge of a scheme. */
export function refusal(refused: Refused, body: object): ApiError {
  return new ApiError(refused.status, body, unauthenticated(refused).headers)
}
