import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type JWK,
  type JWTPayload
} from 'jose'
import type { AuthSettings } from './settings.ts'

/** One RSA key of a JWK set, private or public (docs/api/auth-users.md §1.14). */
export type Jwk = JWK

/** A key set, as middlewares serve theirs and `JWKS_BASE64` holds ours. */
export interface JwkSet {
  readonly keys: readonly Jwk[]
}

/** The claims of a middleware's token, with `asset_id` where it acts for a device (docs/api/auth-users.md §1.3.3). */
export type MiddlewareClaims = JWTPayload

const ALGORITHM = 'RS256'
const OUTGOING_SECONDS = 60

/** Reads a set as the original's JWKS_BASE64 holds it. Throws with the reason, which quotes no part of the set. */
export function readJwks(base64: string): JwkSet {
  const keys = parse(Buffer.from(base64, 'base64').toString('utf8'))?.keys
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('it has no keys')
  for (const key of keys as (Jwk | null)[]) if (key?.kty !== 'RSA' || !key.d) throw new Error('a key is not a private RSA key')
  return { keys: keys as Jwk[] }
}

/** A new set of one private RSA key of 2048 bits. */
export async function generateJwks(): Promise<JwkSet> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { modulusLength: 2048, extractable: true })
  return { keys: [await exportJWK(privateKey)] }
}

/** The set in a file, which is generated when it is missing: for development. */
export async function storedJwks(file: string): Promise<JwkSet> {
  const stored = await readFile(file, 'utf8').catch(() => undefined)
  if (stored !== undefined) return readJwks(stored)
  const set = await generateJwks()
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, Buffer.from(JSON.stringify(set)).toString('base64'), { mode: 0o600 })
  return set
}

/** The public parts, as `/.well-known/jwks.json` answers them (docs/api/auth-users.md §1.14). */
export async function publicKeys({ keys }: JwkSet): Promise<{ keys: { n: string; e: string; kty: string; kid: string }[] }> {
  return {
    keys: await Promise.all(keys.map(async key => ({ n: key.n ?? '', e: key.e ?? '', kty: 'RSA', kid: await kidOf(key) })))
  }
}

/** A token of ours for a middleware: RS256, one minute from `now` (seconds), docs/api/auth-users.md §1.3.3. Rejects without a key. */
export async function signOutgoing({ keys: [key] }: JwkSet, claims: JWTPayload, now: number): Promise<string> {
  if (!key) throw new Error('there is no key to sign with')
  return new SignJWT({ iat: now, exp: now + OUTGOING_SECONDS, ...claims })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: await kidOf(key) })
    .sign(await importJWK(key, ALGORITHM))
}

/**
 * The claims of a middleware's token, or undefined: RS256 with 2048 bits at least, the key by `kid` or else the first, `exp` required, `aud`
 * refused (docs/api/auth-users.md §1.3.3, FIX 20). `now` in seconds; never rejects.
 */
export async function verifyMiddlewareToken(token: string, { keys }: JwkSet, now: number): Promise<MiddlewareClaims | undefined> {
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const { n = '', e = '' } = keys.find(key => kid !== undefined && key.kid === kid) ?? keys[0] ?? {}
        return importJWK({ kty: 'RSA', n, e }, ALGORITHM)
      },
      { algorithms: [ALGORITHM], requiredClaims: ['exp'], currentDate: new Date(now * 1000) }
    )
    return payload.aud === undefined ? payload : undefined
  } catch {
    return undefined
  }
}

/** Replaces the parser's message, which quotes the text around the error: a private key. */
function parse(text: string): { readonly keys?: unknown } | null {
  try {
    return JSON.parse(text) as { readonly keys?: unknown } | null
  } catch {
    throw new Error('it is not base64 of JSON')
  }
}

async function kidOf({ kid, n = '', e = '' }: Jwk): Promise<string> {
  return kid ?? calculateJwkThumbprint({ kty: 'RSA', n, e })
}

/** The deployment's signing keys, read at first use from the settings or else from `jwksFile`. */
export class SigningKeys {
  readonly #settings: AuthSettings
  #keys: Promise<JwkSet> | undefined

  constructor({ config }: { config: AuthSettings }) {
    this.#settings = config
  }

  /** Rejects when the configured set cannot be read. */
  keys(): Promise<JwkSet> {
    const { jwks, jwksFile } = this.#settings
    return (this.#keys ??= jwks ? Promise.resolve().then(() => readJwks(jwks)) : storedJwks(jwksFile))
  }
}
