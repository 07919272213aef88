import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Cache, Clock, Deployment } from 'care-kernel'
import { ApiError } from 'care-kernel/rest'
import type { Captcha } from './captcha.ts'
import type { RateLimits } from './contract.ts'
import type { AuthSettings } from './settings.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * What is counted: a group such as `login`, a value such as a user name, and its rate, the deployment's unless told; the rate of all
 * values of one client address is that of logins unless told; `false`: addresses are not counted, as where a hospital has one for all.
 */
export interface Bucket {
  readonly group: string
  readonly value: string
  readonly rate?: string
  readonly ratePerAddress?: string | false
}

type Counted = [group: string, value: string, rate: string]

/**
 * Counts calls per value in fixed windows through the cache (contract auth-users §1.11), and per client address. While the cache is
 * away every process counts for itself: no limit is lifted, and nobody is refused because of the outage.
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

  /** What a call counts for: its value, and its client's address. Nothing where limits are off. */
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

/** 429 where no captcha is asked for (contract auth-users §1.11). */
export function tooMany(): ApiError {
  return new ApiError(429, { detail: 'Too Many Requests. Please try again later.' })
}
