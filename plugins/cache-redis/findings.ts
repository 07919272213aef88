import { readRedisInfo, type Finding } from 'care-kernel/gateway'

const OLDEST = 6

/** Findings of `doctor`, from the server's answer to INFO, or from the reason why there is none. */
export function examine(answer: string | { readonly reason: string }): Finding[] {
  if (typeof answer !== 'string') {
    return [
      {
        ok: false,
        fact: `does not answer: ${answer.reason}`,
        remedy: 'start Redis, or correct gateways.cache.url; without it every read goes to PostgreSQL'
      }
    ]
  }
  const { text, memory, isNearlyFull, primary } = readRedisInfo(answer, 'cache')
  const policy = text('maxmemory_policy')
  const saves = text('rdb_last_bgsave_status') !== 'err'
  return [
    {
      ok: Number.parseInt(text('redis_version'), 10) >= OLDEST,
      fact: `Redis ${text('redis_version')}`,
      remedy: 'update the server to 6 or later'
    },
    primary,
    {
      ok: !(policy === 'noeviction' && isNearlyFull),
      fact: `memory: ${memory}; when full: ${meaning(policy)}`,
      remedy: 'raise maxmemory, or set maxmemory-policy to volatile-lru'
    },
    {
      ok: saves,
      fact: saves
        ? `persistence: ${text('aof_enabled') === '1' ? 'append-only file' : 'snapshots or none'}; the cache needs none`
        : 'the last snapshot failed: the server may refuse writes',
      remedy: 'see the server\'s log (disk full, permissions), or switch snapshots off: CONFIG SET save ""'
    }
  ]
}

function meaning(policy: string): string {
  if (policy === 'noeviction') return 'new values are refused (noeviction)'
  if (policy.startsWith('volatile-')) return `values of the cache go first (${policy})`
  return `anything may go (${policy}): keep no queue on this server`
}
