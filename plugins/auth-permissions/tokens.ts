import { randomUUID } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { LRUCache } from 'lru-cache'

/** Claims of the original's tokens: times in seconds, `user_id` the user's external id (contract auth-users §1.3.1). */
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

/** What login and refresh answer. */
export interface TokenPair {
  readonly refresh: string
  readonly access: string
}

/** What makes and checks tokens; `now` in seconds, nothing throws for what a token holds. */
export interface Tokens {
  /** A pair for a user's external id, issued at `now` (seconds). */
  issue(userId: string, now: number): TokenPair
  /** The next pair for verified refresh claims: same `iat`, new `jti` and `exp`. */
  rotate(claims: Claims, now: number): TokenPair
  /** Verifies a refresh token and rotates it at once. Check that its user still exists before handing out the pair (FIX 15). */
  refresh(token: string, now: number): Refreshed
  /** Another kind of token, such as a patient's. */
  issueFor(type: string, claims: Readonly<Record<string, unknown>>, seconds: number, now: number): string
  /** Checks signature, expiry without leeway, `jti`, and the type where one is given. */
  verify(token: string, type: string | undefined, now: number): Verified
  /** Checks a token of any type, a patient's too (contract auth-users §2.3). */
  verifyAny(token: string, now: number): Verified
}

interface TokenSettings {
  readonly secret: string
  readonly accessMinutes: number
  readonly refreshMinutes: number
}

/**
 * HS256 with the deployment's secret and nothing else; time is the caller's `now` (contract auth-users §1.3.1).
 * Throws for an empty secret.
 */
export function makeTokens({ secret, accessMinutes, refreshMinutes }: TokenSettings): Tokens {
  // No `noTimestamp`: it would take away the `iat` we give as well.
  const sign = createSigner({ key: secret, algorithm: 'HS256' })
  const check = remembering(
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
    // Only a patient's token may do without a user.
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

/** Checks the signature of a token once. Not its time: expiry is compared at every call. */
function remembering(check: (token: string) => Claims): (token: string) => Claims {
  const checked = new LRUCache<string, Claims>({ max: 5000 })
  return token => {
    const known = checked.get(token)
    if (known) return known
    const claims = Object.freeze(check(token))
    checked.set(token, claims)
    return claims
  }
}

/** Before `exp`, which there must be, and not before `nbf`, where there is one. */
function isCurrent({ exp, nbf = 0 }: Claims, now: number): boolean {
  return typeof exp === 'number' && exp > now && typeof nbf === 'number' && nbf <= now
}
