import { createHmac, randomInt, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Queryable, ScopeOf, Tx } from 'care-kernel'
import { phoneField } from 'care-kernel/care'
import { Invalid } from 'care-kernel/rest'
import type { manifest } from './manifest.ts'

type CodesScope = Pick<ScopeOf<typeof manifest>, 'clock' | 'config' | 'database' | 'deployment' | 'enqueue'>

interface LiveCode {
  readonly id: number
  readonly external_id: string
  readonly kernel_code_hash: string
}

const TABLE = 'facility_patientmobileotp'
const LENGTH = 5
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
/** Stored in the original's column. Longer than a code, so that the original accepts no login with it on the same database. */
const MARKER = 'hashed'

// Raw SQL: every write holds only under a condition on what is stored, or is a set.
const LOCK = `select pg_advisory_xact_lock(hashtextextended('otp ' || $1::text, 0))`
const REQUEST = `insert into ${TABLE} (external_id, created_date, modified_date, deleted, is_used, phone_number, otp)
  select gen_random_uuid(), $2::timestamptz, $2::timestamptz, false, false, $1::varchar, '${MARKER}'
  where (select count(*) from ${TABLE} where phone_number = $1 and not is_used and created_date > $3) < $4
  returning id`
/** Voids older requests only: the job of an older request may run last. */
const VOID = `update ${TABLE} set kernel_code_hash = null where phone_number = $1 and id < $2 and kernel_code_hash is not null`
const NUMBER = `select phone_number as number, external_id as uuid from ${TABLE} where id = $1`
const STORE = `update ${TABLE} set kernel_code_hash = $2, kernel_expires_at = $3, kernel_tries = 0, modified_date = $4
  where id = $1 and not exists (select from ${TABLE} n where n.phone_number = ${TABLE}.phone_number and n.id > $1)`
const TRY = `update ${TABLE} set kernel_tries = kernel_tries + 1
  where phone_number = $1 and kernel_code_hash is not null and kernel_expires_at > $2 and kernel_tries < $3
  returning id, external_id, kernel_code_hash`
const SETTLE = `update ${TABLE} set is_used = $2, modified_date = $4, kernel_code_hash = case when $2 or kernel_tries >= $3 then null else kernel_code_hash end
  where id = $1`

/**
 * Codes of normalised phone numbers. A number has at most one valid code: for `lifetimeMinutes`, for one login, until `tries` wrong
 * guesses. Only a keyed hash is stored; the job that sends the code generates it.
 */
export class Codes {
  readonly #scope: CodesScope
  readonly #key: string

  constructor({ clock, config, database, deployment, enqueue }: CodesScope) {
    this.#scope = { clock, config, database, deployment, enqueue }
    this.#key = `patient otp ${deployment.security.secretKey}`
  }

  /** Requests a code and voids earlier ones of the number. False when the number has too many unused codes (docs/api/patients.md §16). */
  async request(number: string): Promise<boolean> {
    const { clock, config, database, enqueue } = this.#scope
    const now = clock.now()
    const since = new Date(now.getTime() - config.windowHours * 3_600_000)
    return database.transaction(async tx => {
      await tx.query(LOCK, [number])
      const {
        rows: [made]
      } = await tx.query<{ id: number }>(REQUEST, [number, now.toISOString(), since.toISOString(), config.codesPerNumber])
      if (!made) return false
      await tx.query(VOID, [number, made.id])
      if (config.fixedCode) await this.#store(tx, made.id, config.fixedCode)
      else if (mobileNumber(number) !== undefined) await enqueue(tx, 'send-code', { otpId: made.id })
      return true
    })
  }

  /** Generates the code of a request, with its number; undefined when the number has a newer request. */
  async generate(tx: Tx, otpId: number): Promise<{ readonly number: string; readonly code: string } | undefined> {
    const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
    const number = await this.#store(tx, otpId, code)
    return number === undefined ? undefined : { number, code }
  }

  /** Consumes the code; true when it was right. A number without a code costs the same steps. */
  async use(number: string, code: string): Promise<boolean> {
    const { clock, config, database } = this.#scope
    const now = clock.now().toISOString()
    return database.transaction(async tx => {
      // Counted before the comparison, with the row locked: each of several concurrent guesses counts, and one succeeds.
      const {
        rows: [live]
      } = await tx.query<LiveCode>(TRY, [number, now, config.tries])
      const [uuid, hash] = live ? [live.external_id, live.kernel_code_hash] : [randomUUID(), this.#hash(randomUUID(), '')]
      const right = timingSafeEqual(Buffer.from(this.#hash(uuid, code)), Buffer.from(hash)) && live !== undefined
      await tx.query(SETTLE, [live?.id ?? null, right, config.tries, now])
      return right
    })
  }

  async #store(tx: Queryable, otpId: number, code: string): Promise<string | undefined> {
    const { clock, config } = this.#scope
    const {
      rows: [asked]
    } = await tx.query<{ number: string; uuid: string }>(NUMBER, [otpId])
    if (!asked) return undefined
    await tx.query(LOCK, [asked.number])
    const now = clock.now()
    const expires = new Date(now.getTime() + config.lifetimeMinutes * 60_000)
    await tx.query(VOID, [asked.number, otpId])
    const values = [otpId, this.#hash(asked.uuid, code), expires.toISOString(), now.toISOString()]
    const { rowCount } = await tx.query(STORE, values)
    return rowCount === 0 ? undefined : asked.number
  }

  /** Keyed by the deployment's secret, because the codes are too few for a plain hash. Case-insensitive. */
  #hash(uuid: string, code: string): string {
    return createHmac('sha256', this.#key).update(`${uuid} ${code.toUpperCase()}`).digest('base64')
  }
}

const mobile = phoneField({ types: ['mobile'] })

/** The canonical form of a number, in which quotas, codes and tokens have it. `+0919876511111` is `+919876511111`: no country code begins with 0. */
export const normalised = (number: string): string => `+${number.replace(/\D/g, '').replace(/^0+/, '')}`

/** The normalised mobile number of a text, undefined for anything else (docs/api/patients.md §1.5). */
export function mobileNumber(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined
  const number = isMobile(given) ? normalised(given) : undefined
  return number !== undefined && isMobile(number) ? number : undefined
}

const isMobile = (text: string) => !(mobile.parse(text, { form: false, zone: 'UTC' }) instanceof Invalid)
