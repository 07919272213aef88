import { secret, type Queue } from 'care-kernel'
import { defineGateway, withDeadline } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { connectBullPostgres } from './connection-postgres.ts'
import { connectBullRedis } from './connection-redis.ts'
import type { Connection } from './connection.ts'
import { makeQueue } from './queue.ts'

/** The port, with what `doctor` needs. */
export interface BullMqQueue extends Queue {
  readonly connection: Connection
}

const OPENING_MS = 3000

export default defineGateway({
  port: 'queue',
  name: 'queue-bullmq',
  summary: 'BullMQ on PostgreSQL, which may be the deployment’s own, or on Redis',
  config: Type.Object(
    {
      url: Type.Optional(
        secret({
          description:
            'postgres://user:password@host:5432/database, or redis://user:password@host:6379/0 (rediss:// for TLS); by default the deployment’s own database'
        })
      ),
      prefix: Type.String({
        default: 'care',
        pattern: '^[A-Za-z0-9_.-]+$',
        description: 'Before the name of every queue, so that several deployments can share a server'
      }),
      poolSize: Type.Integer({
        default: 4,
        minimum: 1,
        maximum: 50,
        description: 'Connections per process on PostgreSQL, besides one for LISTEN'
      }),
      lockSeconds: Type.Integer({
        default: 30,
        minimum: 1,
        maximum: 3600,
        description: 'After how long without a sign of a process another one takes over its messages'
      })
    },
    { additionalProperties: false }
  ),
  shared: true,
  after: ['database'],
  async open({ url: configured, prefix, poolSize, lockSeconds }, { clock, deployment, logger, ports }): Promise<BullMqQueue> {
    const url = configured ?? ports.database?.url
    if (url === undefined) throw new Error('there is no url, and the deployment has no database to work on')
    const name = `care-kernel ${deployment.name} queue`
    const connection = /^postgres(ql)?:/.test(url)
      ? connectBullPostgres({ url, poolSize, prefix, applicationName: name }, logger)
      : /^rediss?:/.test(url)
        ? connectBullRedis({ url, prefix, connectionName: name.replaceAll(' ', ':') }, logger)
        : undefined
    if (!connection) throw new Error('the url must begin with postgres://, redis:// or rediss://')
    await firstAnswer(connection)
    return { ...makeQueue(connection, { lockSeconds, clock, logger }), connection }
  },
  doctor: port => (port as BullMqQueue).connection.examine()
})

/** Waits three seconds at most: requests are served without a queue. */
async function firstAnswer({ bull }: Connection): Promise<void> {
  await withDeadline(bull, OPENING_MS, () => new Error('no answer yet')).catch(() => undefined)
}
