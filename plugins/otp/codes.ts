import { createHmac, randomInt, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Queryable, ScopeOf, Tx } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { mobileNumber } from './phone-number.ts'

type CodesScope = Pick<ScopeOf<typeof manifest>, 'clock' | 'config' | 'database' | 'deployment' | 'enqueue'>

interface LiveCode {
  readonly id: number
  readonly external_id: string
  readonly kernel_code_hash: string
}

const TABLE = 'facility_patientmobileotp'
const LENGTH = 5
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
/** What the original's column holds. Longer than a code: the original, on the same database, opens nothing with it. */
const MARKER = 'hashed'

// Raw SQL: every write holds only under a condition on what is stored, or is a set.
const LOCK = `select pg_advisory_xact_lock(hashtextextended('otp ' || $1::text, 0))`
const ASK = `insert into ${TABLE} (external_id, created_date, modified_date, deleted, is_used, phone_number, otp)
  select gen_random_uuid(), $2::timestamptz, $2::timestamptz, false, false, $1::varchar, '${MARKER}'
  where (select count(*) from ${TABLE} where phone_number = $1 and not is_used and created_date > $3) < $4
  returning id`
/** Only what was asked for earlier: the job of an older request may come last. */
const VOID = `update ${TABLE} set kernel_code_hash = null where phone_number = $1 and id < $2 and kernel_code_hash is not null`
const NUMBER = `select phone_number as number, external_id as uuid from ${TABLE} where id = $1`
const GIVE = `update ${TABLE} set kernel_code_hash = $2, kernel_expires_at = $3, kernel_tries = 0, modified_date = $4
  where id = $1 and not exists (select from ${TABLE} n where n.phone_number = ${TABLE}.phone_number and n.id > $1)`
const TRY = `update ${TABLE} set kernel_tries = kernel_tries + 1
  where phone_number = $1 and kernel_code_hash is not null and kernel_expires_at > $2 and kernel_tries < $3
  returning id, external_id, kernel_code_hash`
const SETTLE = `update ${TABLE} set is_used = $2, modified_date = $4, kernel_code_hash = case when $2 or kernel_tries >= $3 then null else kernel_code_hash end
  where id = $1`

/**
 * Codes of normalised phone numbers: at most one of a number can be used, for some minutes, by the first who names it, and after
 * some wrong guesses by nobody. Only a keyed hash is kept; the code itself is made by the job that sends it.
 */
export class Codes {
  readonly #scope: CodesScope
  readonly #key: string

  constructor({ clock, config, database, deployment, enqueue }: CodesScope) {
    this.#scope = { clock, config, database, deployment, enqueue }
    this.#key = `patient otp ${deployment.security.secretKey}`
  }

  /** Asks for a code; whatever the number had before is void. False when the number has asked too often (docs/api/patients.md §16). */
  async ask(number: string): Promise<boolean> {
    const { clock, config, database, enqueue } = this.#scope
    const now = clock.now()
    const since = new Date(now.getTime() - config.windowHours * 3_600_000)
    return database.transaction(async tx => {
      await tx.query(LOCK, [number])
      const {
        rows: [made]
      } = await tx.query<{ id: number }>(ASK, [number, now.toISOString(), since.toISOString(), config.codesPerNumber])
      if (!made) return false
      await tx.query(VOID, [number, made.id])
      if (config.fixedCode) await this.#give(tx, made.id, config.fixedCode)
      else if (mobileNumber(number) !== undefined) await enqueue(tx, 'send-code', { otpId: made.id })
      return true
    })
  }

  /** A new code for what was asked for, with its number; undefined when the number has asked again meanwhile. */
  async make(tx: Tx, otpId: number): Promise<{ readonly number: string; readonly code: string } | undefined> {
    const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
    const number = await this.#give(tx, otpId, code)
    return number === undefined ? undefined : { number, code }
  }

  /** Uses the code up; whether it was right. A number without a code costs the same steps. */
  async use(number: string, code: string): Promise<boolean> {
    const { clock, config, database } = this.#scope
    const now = clock.now().toISOString()
    return database.transaction(async tx => {
      // Counted before it is compared, the row held until the end: of guesses at once, each counts and one wins.
      const {
        rows: [live]
      } = await tx.query<LiveCode>(TRY, [number, now, config.tries])
      const [uuid, hash] = live ? [live.external_id, live.kernel_code_hash] : [randomUUID(), this.#hash(randomUUID(), '')]
      const right = timingSafeEqual(Buffer.from(this.#hash(uuid, code)), Buffer.from(hash)) && live !== undefined
      await tx.query(SETTLE, [live?.id ?? null, right, config.tries, now])
      return right
    })
  }

  async #give(tx: Queryable, otpId: number, code: string): Promise<string | undefined> {
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
    const { rowCount } = await tx.query(GIVE, values)
    return rowCount === 0 ? undefined : asked.number
  }

  /** Keyed by the deployment's secret: there are too few codes for a hash alone. Capitals and small letters are the same. */
  #hash(uuid: string, code: string): string {
    return createHmac('sha256', this.#key).update(`${uuid} ${code.toUpperCase()}`).digest('base64')
  }
}
