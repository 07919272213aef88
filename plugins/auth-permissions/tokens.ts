import { randomUUID } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { LRUCache } from 'lru-cache'
import type { Clock } from 'care-kernel'

/** Claims of the original's tokens: times in seconds, `user_id` the user's external id (docs/api/auth-users.md §1.3.1). */
export interface Claims {
  readonly token_type: string
  readonly exp: number
  readonly iat?: number
  readonly jti: string
  readonly user_id?: string
  readonly [claim: string]: unknown
}

/** Why a token is refused. */
export type TokenFailure = 'invalid' | 'wrong_type' | 'no_user'

interface Refused {
  readonly ok: false
  readonly reason: TokenFailure
}

/** The claims of a token, or why it is refused. */
export type Verified = { readonly ok: true; readonly claims: Claims } | Refused

/** The claims of a refresh token with the pair that follows it, or why it is refused. */
export type Refreshed = { readonly ok: true; readonly claims: Claims; readonly pair: TokenPair } | Refused

/** The answer of login and refresh. */
export interface TokenPair {
  readonly refresh: string
  readonly access: string
}

/** Issues and verifies tokens; `now` in seconds. No method throws for the content of a token. */
export interface Tokens {
  /** A pair for a user's external id, issued at `now` (seconds). */
  issue(userId: string, now: number): TokenPair
  /** The next pair for verified refresh claims: same `iat`, new `jti` and `exp`. */
  rotate(claims: Claims, now: number): TokenPair
  /** Verifies a refresh token and rotates it at once. Check that its user still exists before handing out the pair (FIX 15). */
  refresh(token: string, now: number): Refreshed
  /** A token of another type, such as a patient's. */
  issueFor(type: string, claims: Readonly<Record<string, unknown>>, seconds: number, now: number): string
  /** Checks signature, expiry without leeway, `jti`, and the type where one is given. */
  verify(token: string, type: string | undefined, now: number): Verified
  /** Checks a token of any type, a patient's too (docs/api/auth-users.md §2.3). */
  verifyAny(token: string, now: number): Verified
}

interface TokenSettings {
  readonly secret: string
  readonly accessMinutes: number
  readonly refreshMinutes: number
}

/**
 * HS256 with the deployment's secret and nothing else; time is the caller's `now` (docs/api/auth-users.md §1.3.1).
 * Throws for an empty secret.
 */
export function makeTokens({ secret, accessMinutes, refreshMinutes }: TokenSettings): Tokens {
  // Without `noTimestamp`, which would remove the given `iat` too.
  const sign = createSigner({ key: secret, algorithm: 'HS256' })
  const check = cached(
    createVerifier({ key: secret, algorithms: ['HS256'], ignoreExpiration: true, ignoreNotBefore: true }) as (
      token: string
    ) => Claims
  )
  const issueFor: Tokens['issueFor'] = (type, claims, seconds, now) =>
    sign({ token_type: type, exp: now + seconds, iat: now, jti: randomUUID().replaceAll('-', ''), ...claims })
  const pair = (userId: string | undefined, iat: number, now: number): TokenPair => ({
    refresh: issueFor('refresh', { iat, user_id: userId }, refreshMinutes * 60, now),
    access: issueFor('access', { iat, user_id: userId }, accessMinutes * 60, now)
  })
  const rotate: Tokens['rotate'] = (claims, now) => pair(claims.user_id, claims.iat ?? now, now)
  const verify: Tokens['verify'] = (token, type, now) => {
    let claims: Claims
    try {
      claims = check(token)
    } catch {
      return { ok: false, reason: 'invalid' }
    }
    if (!isCurrent(claims, now) || typeof claims.jti !== 'string') return { ok: false, reason: 'invalid' }
    if (type === undefined) return { ok: true, claims }
    if (claims.token_type !== type) return { ok: false, reason: 'wrong_type' }
    // Only a patient's token may have no user.
    if (typeof claims.user_id !== 'string' && type !== 'patient_login') return { ok: false, reason: 'no_user' }
    return { ok: true, claims }
  }
  return {
    issueFor,
    rotate,
    verify,
    issue: (userId, now) => pair(userId, now, now),
    refresh(token, now) {
      const verified = verify(token, 'refresh', now)
      return verified.ok ? { ...verified, pair: rotate(verified.claims, now) } : verified
    },
    verifyAny: (token, now) => verify(token, undefined, now)
  }
}

/** Caches the claims of tokens whose signature was verified. Expiry is not cached: it is compared at every call. */
function cached(check: (token: string) => Claims): (token: string) => Claims {
  const checked = new LRUCache<string, Claims>({ max: 5000 })
  return token => {
    const hit = checked.get(token)
    if (hit) return hit
    const claims = Object.freeze(check(token))
    checked.set(token, claims)
    return claims
  }
}

/** Before `exp`, which is required, and not before `nbf`, which is optional. */
function isCurrent({ exp, nbf = 0 }: Claims, now: number): boolean {
  return typeof exp === 'number' && exp > now && typeof nbf === 'number' && nbf <= now
}

/** The current time in whole seconds, as tokens have it. */
export const seconds = (clock: Clock): number => Math.floor(clock.now().getTime() / 1000)
