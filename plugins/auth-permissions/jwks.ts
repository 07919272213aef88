import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { createDecoder, createSigner, createVerifier } from 'fast-jwt'

/** One RSA key of a JWK set, private or public (contract auth-users §1.14). */
export interface Jwk extends JsonWebKey {
  readonly kid?: string
}

/** Keys as a middleware serves them and as `JWKS_BASE64` holds ours. */
export interface JwkSet {
  readonly keys: readonly Jwk[]
}

/** What a middleware says in its token; `asset_id` where it speaks for a device (contract auth-users §1.3.3). */
export type MiddlewareClaims = Readonly<Record<string, unknown>>

const generate = promisify(generateKeyPair)
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
  const { privateKey } = await generate('rsa', { modulusLength: 2048 })
  return { keys: [privateKey.export({ format: 'jwk' })] }
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
export function publicKeys({ keys }: JwkSet): { keys: readonly { n: string; e: string; kty: string; kid: string }[] } {
  return { keys: keys.map(({ n = '', e = '', kid }) => ({ n, e, kty: 'RSA', kid: kid ?? thumbprint(n, e) })) }
}

/** A token of ours for a middleware: RS256, one minute from `now` (seconds), contract auth-users §1.3.3. Throws without a key. */
export function signOutgoing({ keys: [key] }: JwkSet, claims: Readonly<Record<string, unknown>>, now: number): string {
  if (!key) throw new Error('there is no key to sign with')
  const pem = createPrivateKey({ key, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }) as string
  const kid = key.kid ?? thumbprint(key.n ?? '', key.e ?? '')
  const sign = createSigner({ key: pem, algorithm: 'RS256', kid })
  return sign({ iat: now, exp: now + OUTGOING_SECONDS, ...claims })
}

/**
 * The claims of a middleware's token, or undefined: RS256, the key by `kid` or else the first, `exp` required, `aud` refused
 * (contract auth-users §1.3.3, FIX 20). `now` in seconds; never throws.
 */
export function verifyMiddlewareToken(token: string, { keys }: JwkSet, now: number): MiddlewareClaims | undefined {
  try {
    const { kid } = (createDecoder({ complete: true })(token) as { header: { kid?: string } }).header
    const key = keys.find(candidate => kid !== undefined && candidate.kid === kid) ?? keys[0]
    if (!key) return undefined
    const verify = createVerifier({ key: pemOf(key), algorithms: ['RS256'], clockTimestamp: now * 1000 })
    const claims = verify(token) as MiddlewareClaims
    return typeof claims.exp === 'number' && claims.exp > now && claims.aud === undefined ? claims : undefined
  } catch {
    return undefined
  }
}

function pemOf(key: Jwk): string {
  const made: KeyObject = createPublicKey({ key: { kty: 'RSA', n: key.n ?? '', e: key.e ?? '' }, format: 'jwk' })
  return made.export({ type: 'spki', format: 'pem' }) as string
}

/** The parser's own message quotes the text around the fault, here a private key. */
function parse(text: string): { readonly keys?: unknown } | null {
  try {
    return JSON.parse(text) as { readonly keys?: unknown } | null
  } catch {
    throw new Error('it is not base64 of JSON')
  }
}

/** RFC 7638. */
function thumbprint(n: string, e: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url')
}
