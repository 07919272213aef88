import type { Running } from '../deployment.ts'
import { atPace } from '../load.ts'

/** What came of many requests. */
export interface Written {
  /** The numbers that were answered with 201. */
  readonly numbers: number[]
  /** Every other answer. */
  readonly refused: string[]
}

interface Load {
  /** Asked for with every request. */
  readonly servers: () => Running[]
  readonly from: number
  readonly perSecond: number
  /** How long; where it is a function, until it says so. */
  readonly seconds: number | (() => boolean)
  /** Gets the number of open requests by server. */
  readonly open?: Map<Running, number>
}

/** Posts numbered writes at a steady rate. */
export async function write({ servers, from, perSecond, seconds, open = new Map<Running, number>() }: Load): Promise<Written> {
  const refused: string[] = []
  const numbers: number[] = []
  const goesOn = (n: number) => (typeof seconds === 'number' ? n < perSecond * seconds : !seconds())
  await atPace(perSecond, goesOn, post)
  return { numbers, refused }

  /** As a proxy does: another server where one takes no connection. */
  async function post(n: number): Promise<void> {
    const [first, ...others] = n % 2 === 0 ? servers() : servers().reverse()
    for (const server of [first, ...others]) {
      if (!server) continue
      open.set(server, (open.get(server) ?? 0) + 1)
      try {
        const answer = await fetch(`${server.url}/api/v1/fault/`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ n: from + n })
        })
        await answer.text()
        if (answer.status === 201) numbers.push(from + n)
        else refused.push(`${answer.status}`)
        return
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as { code?: string }
        if (code !== 'ECONNREFUSED') return void refused.push(code ?? (error as Error).message)
      } finally {
        open.set(server, (open.get(server) ?? 1) - 1)
      }
    }
    refused.push('no server')
  }
}
