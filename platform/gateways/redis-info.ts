import type { Finding } from '../../kernel/plugin/gateway.ts'

/** Facts of a Redis server's INFO. */
export interface RedisInfo {
  text(key: string): string
  amount(key: string): number
  /** Memory in use by the limit, in readable units. */
  readonly memory: string
  /** Whether more than nine tenths of the limit are used. */
  readonly isNearlyFull: boolean
  /** Whether this is a server that takes writes. */
  readonly primary: Finding
}

const NEARLY_FULL = 0.9

/** Reads an answer to INFO; `gateway` is the setting that names the server. */
export function readRedisInfo(answer: string, gateway: 'cache' | 'queue'): RedisInfo {
  const info = new Map(
    answer
      .split('\r\n')
      .filter(line => line.includes(':'))
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  )
  const text = (key: string) => info.get(key) ?? 'unknown'
  const amount = (key: string) => Number(info.get(key) ?? 0)
  const limit = amount('maxmemory')
  const isPrimary = text('role') === 'master'
  return {
    text,
    amount,
    memory: `${text('used_memory_human')} of ${limit === 0 ? 'no limit' : text('maxmemory_human')}`,
    isNearlyFull: limit > 0 && amount('used_memory') > NEARLY_FULL * limit,
    primary: {
      ok: isPrimary,
      fact: isPrimary ? 'takes writes' : 'the server is a replica: it takes no writes',
      remedy: `point gateways.${gateway}.url to the primary`
    }
  }
}
