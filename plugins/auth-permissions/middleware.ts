import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Actor, ScopeOf } from 'care-kernel'
import { ApiError, isUuid } from 'care-kernel/rest'
import { verifyMiddlewareToken, type JwkSet } from './jwks.ts'
import type { manifest } from './manifest.ts'
import { seconds } from './tokens.ts'

type MiddlewareScope = Pick<ScopeOf<typeof manifest>, 'cache' | 'clock' | 'config' | 'database' | 'hooks'>

const CHALLENGE = { 'www-authenticate': 'Middleware_Bearer realm="api"' }
const KEYS_SECONDS = 300
const FETCH_MS = 5000

/** Addresses that no middleware has: private, local and reserved networks. The IPv4 rules cover mapped IPv4; a rule for `::ffff:0:0/96` would match all of IPv4. */
const PRIVATE = new BlockList()
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3]
] as const)
  PRIVATE.addSubnet(address, bits, 'ipv4')
for (const [address, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8]
] as const)
  PRIVATE.addSubnet(address, bits, 'ipv6')

/** Authenticates the middlewares of facilities, which sign their `Middleware_Bearer` tokens (docs/api/auth-users.md §1.3.3). */
export class Middleware {
  readonly #scope: MiddlewareScope

  constructor({ cache, clock, database, config, hooks }: MiddlewareScope) {
    this.#scope = { cache, clock, database, config, hooks }
  }

  /** The pseudo user of the facility named in `X-Facility-Id`; null without the scheme word or the header. */
  async authenticate(request: FastifyRequest): Promise<Actor | null> {
    const [word, token, more] = (request.headers.authorization ?? '').trim().split(/\s+/)
    const facility = request.headers['x-facility-id']
    if (word !== 'Middleware_Bearer' || token === undefined || more !== undefined || typeof facility !== 'string') return null
    const address = isUuid(facility)
      ? (await this.#scope.hooks['middleware-address'](this.#scope.database, { facility }))[0]
      : undefined
    if (address === undefined) throw refused({ detail: 'Invalid Facility', code: 'token_not_valid', messages: [] })
    if (!address) throw refused({ detail: 'Facility not connected to a middleware', code: 'token_not_valid' })
    const claims = await this.#keys(address).then(
      keys => verifyMiddlewareToken(token, keys, seconds(this.#scope.clock)),
      () => undefined
    )
    if (!claims) throw refused({ detail: 'Given token not valid for any token type', code: 'token_not_valid' })
    return pseudoUser(facility.toLowerCase())
  }

  async #keys(host: string): Promise<JwkSet> {
    const url = `https://${host}/.well-known/openid-configuration/`
    const key = `jwk_response:${url}`
    const cached = await this.#scope.cache.get<JwkSet>(key)
    if (cached) return cached
    await requirePublic(host)
    const answer = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(Math.min(FETCH_MS, this.#scope.config.middlewareTimeoutSeconds * 1000))
    })
    const keys = (await answer.json()) as JwkSet
    if (!Array.isArray(keys.keys)) throw new Error('not a key set')
    await this.#scope.cache.set(key, keys, KEYS_SECONDS)
    return keys
  }
}

/** Refuses hosts inside this machine's networks (SSRF). TLS catches a host that changes its address between this check and the fetch. */
async function requirePublic(host: string): Promise<void> {
  const addresses = await lookup(host, { all: true })
  if (addresses.length === 0 || addresses.some(({ address }) => PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')))
    throw new Error('not a public host')
}

function pseudoUser(facility: string): Actor {
  return Object.freeze({
    id: 0,
    externalId: facility,
    username: `middleware${facility}`,
    userType: 0,
    superuser: false,
    verified: true,
    wardId: null,
    localBodyId: null,
    districtId: null,
    stateId: null,
    homeFacilityId: null,
    facilityIds: [],
    assetId: null,
    assetFacilityId: null
  })
}

function refused(body: object): ApiError {
  return new ApiError(401, body, CHALLENGE)
}
