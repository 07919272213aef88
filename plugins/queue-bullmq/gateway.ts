import { secret, type Queue } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { makeQueues } from './queues.ts'
import { postgresServer } from './server-postgres.ts'
import { redisServer } from './server-redis.ts'
import type { Server } from './server.ts'

/** What `doctor` needs besides the port. */
export interface OpenBull extends Queue {
  readonly server: Server
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
            'postgres://user:password@host:5432/database, or redis://user:password@host:6379/0 (rediss:// for TLS); the deployment’s own database unless told'
        })
      ),
      prefix: Type.String({
        default: 'care',
        pattern: '^[A-Za-z0-9_.-]+$',
        description: 'Before the name of every queue, so that several deployments may use one server'
      }),
      poolSize: Type.Integer({
        default: 4,
        minimum: 1,
        maximum: 50,
        description: 'Connections per process on PostgreSQL, besides one that listens'
      }),
      lockSeconds: Type.Integer({
        default: 30,
        minimum: 1,
        maximum: 3600,
        description: 'How long a process may be silent before another takes over what it runs'
      })
    },
    { additionalProperties: false }
  ),
  shared: true,
  after: ['database'],
  async open({ url: asked, prefix, poolSize, lockSeconds }, { clock, deployment, logger, ports }): Promise<OpenBull> {
    const url = asked ?? ports.database?.url
    if (url === undefined) throw new Error('there is no url, and the deployment has no database to work on')
    const name = `care-kernel ${deployment.name} queue`
    const server = /^postgres(ql)?:/.test(url)
      ? postgresServer({ url, poolSize, prefix, applicationName: name }, logger)
      : /^rediss?:/.test(url)
        ? redisServer({ url, prefix, connectionName: name.replaceAll(' ', ':') }, logger)
        : undefined
    if (!server) throw new Error('the url must begin with postgres://, redis:// or rediss://')
    await settled(server)
    return { ...makeQueues(server, { lockSeconds, clock, logger }), server }
  },
  doctor: port => (port as OpenBull).server.examine()
})

/** Waits for the first answer, but not long: requests are served without a queue. */
async function settled(server: Server): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, OPENING_MS)
  })
  await Promise.race([server.bull, patience])
  clearTimeout(timer)
}
