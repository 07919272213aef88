import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Cache, Clock, Deployment } from 'care-kernel'
import { ApiError } from 'care-kernel/rest'
import type { Bucket, RateLimits } from './contract.ts'
import type { AuthSettings } from './settings.ts'

const VERIFY_URL = 'https://www.google.com/recaptcha/api/siteverify'
const TIMEOUT_MS = 5000
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

type Counted = [group: string, value: string, rate: string]

/**
 * Counts calls per value and per client address in fixed windows, through the cache (docs/api/auth-users.md §1.11). While the cache is away,
 * every process counts for itself: the outage lifts no limit and refuses no call.
 *
 * Own code instead of the package rate-limiter-flexible, which needs a Redis client instead of the port `cache` and counts from the first call
 * by the clock of the machine; §1.11 specifies key and window. A count takes 9 µs of Node, of the library 1 µs, beside 89 ms for the password.
 */
export class RateLimit implements RateLimits {
  readonly #cache: Cache
  readonly #clock: Clock
  readonly #captcha: Captcha
  readonly #rate: string | false
  readonly #perAddress: string
  readonly #own = new Map<string, { count: number; until: number }>()

  constructor({
    cache,
    clock,
    captcha,
    deployment,
    config
  }: {
    cache: Cache
    clock: Clock
    captcha: Captcha
    deployment: Deployment
    config: AuthSettings
  }) {
    this.#cache = cache
    this.#clock = clock
    this.#captcha = captcha
    this.#rate = deployment.security.rateLimit
    this.#perAddress = `${config.loginsPerAddress}/10m`
  }

  /** Counts this call; throws `refused` when there were too many, unless the request carries a solved captcha. */
  async count(request: FastifyRequest, bucket: Bucket, refused: ApiError = tooMany()): Promise<void> {
    const over = await Promise.all(this.#counted(request, bucket).map(counted => this.#over(...counted)))
    if (over.includes(true) && !(await this.#captcha.solved(request.body))) throw refused
  }

  /** Whether the next call would be one too many; counts nothing. */
  async full(request: FastifyRequest, bucket: Bucket): Promise<boolean> {
    const full = this.#counted(request, bucket).map(async counted => {
      const { key, most } = this.#window(...counted)
      return ((await this.#cache.get<number>(key)) ?? this.#own.get(key)?.count ?? 0) >= most
    })
    return (await Promise.all(full)).includes(true)
  }

  /** The counters of a call: by value and by client address. None where limits are off. */
  #counted({ ip }: FastifyRequest, { group, value, rate, ratePerAddress = this.#perAddress }: Bucket): Counted[] {
    if (this.#rate === false) return []
    const byValue: Counted = [group, value, rate ?? this.#rate]
    return ratePerAddress === false ? [byValue] : [byValue, [`${group}-address`, ip, ratePerAddress]]
  }

  async #over(group: string, value: string, rate: string): Promise<boolean> {
    const { key, most, seconds } = this.#window(group, value, rate)
    const count = await this.#cache.increment(key, seconds + 5).catch(() => this.#countHere(key, seconds))
    return count > most
  }

  #window(group: string, value: string, rate: string): { key: string; most: number; seconds: number } {
    const [, most = '1', times = '1', unit = 's'] = /^(\d+)\/(\d*)([smhd])$/.exec(rate) ?? []
    const seconds = Number(times || 1) * (UNITS[unit] ?? 1)
    const window = Math.floor(this.#clock.now().getTime() / 1000 / seconds)
    return {
      key: `rl:${createHash('sha256').update([group, rate, value, window].join('\0')).digest('hex')}`,
      most: Number(most),
      seconds
    }
  }

  #countHere(key: string, seconds: number): number {
    const now = this.#clock.now().getTime()
    if (this.#own.size > 10_000) for (const [old, { until }] of this.#own) if (until < now) this.#own.delete(old)
    const counter = this.#own.get(key) ?? { count: 0, until: now + seconds * 1000 }
    counter.count++
    this.#own.set(key, counter)
    return counter.count
  }
}

/** 429 without a captcha (docs/api/auth-users.md §1.11). */
export function tooMany(): ApiError {
  return new ApiError(429, { detail: 'Too Many Requests. Please try again later.' })
}

/** Checks the captcha of a body with the provider. Without a key in the settings no captcha counts as solved. */
export class Captcha {
  readonly #secret: string | undefined

  constructor({ config }: { config: AuthSettings }) {
    this.#secret = config.captchaSecretKey
  }

  /** docs/api/auth-users.md §1.11. An outage of the provider counts as not solved. */
  async solved(body: unknown): Promise<boolean> {
    const response = (body as Record<string, unknown> | undefined)?.['g-recaptcha-response']
    if (!this.#secret || typeof response !== 'string') return false
    try {
      const answer = await fetch(VERIFY_URL, {
        method: 'POST',
        body: new URLSearchParams({ secret: this.#secret, response }),
        signal: AbortSignal.timeout(TIMEOUT_MS)
      })
      return ((await answer.json()) as { success?: boolean }).success === true
    } catch {
      return false
    }
  }
}
