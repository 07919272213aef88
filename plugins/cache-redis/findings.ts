import type { Finding } from 'care-kernel'

const OLDEST = 6
const NEARLY_FULL = 0.9

/** What an operator should know, from the server's answer to INFO, or from the reason why there is none. */
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
  const info = new Map(
    answer
      .split('\r\n')
      .filter(line => line.includes(':'))
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  )
  const text = (key: string) => info.get(key) ?? 'unknown'
  const amount = (key: string) => Number(info.get(key) ?? 0)
  const limit = amount('maxmemory')
  const policy = text('maxmemory_policy')
  const full = policy === 'noeviction' && limit > 0 && amount('used_memory') > NEARLY_FULL * limit
  const saves = text('rdb_last_bgsave_status') !== 'err'
  return [
    {
      ok: Number.parseInt(text('redis_version'), 10) >= OLDEST,
      fact: `Redis ${text('redis_version')}`,
      remedy: 'update the server to 6 or later'
    },
    {
      ok: text('role') === 'master',
      fact: text('role') === 'master' ? 'takes writes' : 'the server is a replica: it takes no writes',
      remedy: 'point gateways.cache.url to the primary'
    },
    {
      ok: !full,
      fact: `memory: ${text('used_memory_human')} of ${limit === 0 ? 'no limit' : text('maxmemory_human')}; when full: ${meaning(policy)}`,
      remedy: 'raise maxmemory, or set maxmemory-policy to volatile-lru'
    },
    {
      ok: saves,
      fact: saves
        ? `persistence: ${info.get('aof_enabled') === '1' ? 'append-only file' : 'snapshots or none'}; the cache needs none`
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
