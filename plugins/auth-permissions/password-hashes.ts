import { createHash, pbkdf2, randomInt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { hash, verify } from '@node-rs/argon2'
import { compare } from 'bcryptjs'

/** Parameters of the preferred hash, argon2id (docs/api/auth-users.md §2.7). */
export interface HashOptions {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

/** The original's parameters, about 100 ms a hash. */
export const PREFERRED_HASH: HashOptions = { memoryKiB: 102_400, passes: 2, lanes: 8 }

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const HASH_CHARACTERS = 43
/** Costs far above the preferred ones are refused: their check would take all memory or a core for hours. */
const ARGON2 = /^\$argon2id?\$(v=\d+\$)?m=\d{1,6},t=\d{1,2},p=\d{1,3}\$/
const PBKDF2_ITERATIONS = /^[1-9]\d{0,7}$/
const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$/
const derive = promisify(pbkdf2)

/** Hashes in the original's preferred format, `argon2$argon2id$…` (docs/api/auth-users.md §2.7). */
export async function hashPassword(plain: string, options: HashOptions = PREFERRED_HASH): Promise<string> {
  const { memoryKiB: memoryCost, passes: timeCost, lanes: parallelism } = options
  const salt = Buffer.from(randomText(22), 'ascii')
  // argon2id is the library's default.
  return `argon2${await hash(plain, { memoryCost, timeCost, parallelism, outputLen: 32, salt })}`
}

/** Costs one hash, so that an unknown user takes as long as a known one (docs/api/auth-users.md §2.1). */
export async function dummyVerify(plain: string, options: HashOptions = PREFERRED_HASH): Promise<void> {
  await hashPassword(plain, options)
}

/** Whether a stored password, in any format of docs/api/auth-users.md §2.7, is this one. Never throws for a stored value. */
export async function verifyPassword(plain: string, stored: string): Promise<boolean> {
  const [algorithm, ...rest] = stored.split('$')
  try {
    if (algorithm === 'argon2') return await verifyArgon2(plain, stored.slice('argon2'.length))
    if (algorithm === 'pbkdf2_sha256') return await verifyPbkdf2(plain, 'sha256', 32, rest)
    if (algorithm === 'pbkdf2_sha1') return await verifyPbkdf2(plain, 'sha1', 20, rest)
    if (algorithm === 'bcrypt_sha256') return await verifyBcrypt(plain, rest.join('$'))
  } catch {
    return false
  }
  return false
}

/** Whether a stored password should be hashed anew, when its plain text is available (docs/api/auth-users.md §2.7). */
export function needsRehash(stored: string, { memoryKiB, passes, lanes }: HashOptions = PREFERRED_HASH): boolean {
  const current = stored.startsWith(`argon2$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$`)
  return !current || stored.length - stored.lastIndexOf('$') - 1 !== HASH_CHARACTERS
}

/** Whether a login with the stored password is possible (docs/api/auth-users.md §2.7). */
export function isUsable(stored: string): boolean {
  return /^(argon2|pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256)\$/.test(stored)
}

/** A stored password that no password matches: `!` and 40 random characters (docs/api/auth-users.md §2.7). */
export function unusablePassword(): string {
  return `!${randomText(40)}`
}

/** A random password that is not disclosed: 8 characters with lower and upper case and at least two digits (docs/api/auth-users.md §3.5). */
export function randomPassword(): string {
  const required = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789', '0123456789'].map(pick)
  const places = [...randomText(4), ...required].map(character => ({ character, at: randomInt(1 << 30) }))
  return places
    .sort((a, b) => a.at - b.at)
    .map(({ character }) => character)
    .join('')
}

async function verifyArgon2(plain: string, phc: string): Promise<boolean> {
  return ARGON2.test(phc) && (await verify(phc, plain))
}

/** Compares the encoded text, as Django does: another encoding of the same bytes does not match. */
async function verifyPbkdf2(plain: string, digest: string, length: number, parts: readonly string[]): Promise<boolean> {
  const [iterations = '', salt = '', expected = '', ...more] = parts
  if (!PBKDF2_ITERATIONS.test(iterations) || more.length > 0) return false
  const wanted = Buffer.from(expected)
  const made = Buffer.from((await derive(plain, salt, Number(iterations), length, digest)).toString('base64'))
  return made.length === wanted.length && timingSafeEqual(made, wanted)
}

async function verifyBcrypt(plain: string, crypted: string): Promise<boolean> {
  return BCRYPT.test(crypted) && (await compare(createHash('sha256').update(plain).digest('hex'), crypted))
}

function randomText(length: number): string {
  return Array.from({ length }, () => pick(ALPHANUMERIC)).join('')
}

function pick(from: string): string {
  return from.charAt(randomInt(from.length))
}
