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

/** One RSA key of a JWK set, private or public (contract auth-users §1.14). */
export type Jwk = JWK

/** Keys as a middleware serves them and as `JWKS_BASE64` holds ours. */
export interface JwkSet {
  readonly keys: readonly Jwk[]
}

/** What a middleware says in its token; `asset_id` where it speaks for a device (contract auth-users §1.3.3). */
export type MiddlewareClaims = JWTPayload

const ALGORITHM = 'RS256'
const OUTGOING_SECONDS = 60

/** Reads a set as the original's JWKS_BASE64 holds it. Throws with the reason, which quotes nothing of the set. */
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

/** The set kept in a file, made there the first time: for development. */
export async function keptJwks(file: string): Promise<JwkSet> {
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) return readJwks(kept)
  const set = await generateJwks()
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, Buffer.from(JSON.stringify(set)).toString('base64'), { mode: 0o600 })
  return set
}

/** The public parts, as `/.well-known/jwks.json` answers them (contract auth-users §1.14). */
export async function publicKeys({ keys }: JwkSet): Promise<{ keys: { n: string; e: string; kty: string; kid: string }[] }> {
  return {
    keys: await Promise.all(keys.map(async key => ({ n: key.n ?? '', e: key.e ?? '', kty: 'RSA', kid: await kidOf(key) })))
  }
}

/** A token of ours for a middleware: RS256, one minute from `now` (seconds), contract auth-users §1.3.3. Rejects without a key. */
export async function signOutgoing({ keys: [key] }: JwkSet, claims: JWTPayload, now: number): Promise<string> {
  if (!key) throw new Error('there is no key to sign with')
  return new SignJWT({ iat: now, exp: now + OUTGOING_SECONDS, ...claims })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: await kidOf(key) })
    .sign(await importJWK(key, ALGORITHM))
}

/**
 * The claims of a middleware's token, or undefined: RS256 with 2048 bits at least, the key by `kid` or else the first, `exp` required, `aud`
 * refused (contract auth-users §1.3.3, FIX 20). `now` in seconds; never rejects.
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

/** The parser's own message quotes the text around the fault, here a private key. */
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
