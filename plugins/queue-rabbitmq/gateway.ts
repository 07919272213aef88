import { secret, type Queue } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { connect, type Connection } from './connection.ts'
import { examine } from './findings.ts'
import { makeQueues } from './queues.ts'

/** What `doctor` needs besides the port. */
export interface OpenRabbit extends Queue {
  readonly connection: Connection
  readonly production: boolean
}

const OPENING_MS = 3000

const pem = (description: string) =>
  Type.Optional(Type.String({ description: `PEM, as in \${file:/run/secrets/…}: ${description}` }))

export default defineGateway({
  port: 'queue',
  name: 'queue-rabbitmq',
  summary: 'A RabbitMQ broker, 3.10 or later, with quorum queues',
  config: Type.Object(
    {
      url: secret({ description: 'amqp://user:password@host:5672/vhost, amqps:// for TLS' }),
      prefix: Type.String({
        default: 'care.',
        maxLength: 100,
        pattern: '^(?!amq\\.)',
        description: 'Before the name of every queue, so that several deployments may use one virtual host'
      }),
      heartbeatSeconds: Type.Integer({
        default: 10,
        minimum: 1,
        maximum: 300,
        description: 'A broker that is silent for twice as long is away'
      }),
      tls: Type.Object(
        {
          ca: pem('the authority that signed the broker’s certificate, where it is not a public one'),
          cert: pem('our certificate, where the broker asks for one'),
          key: Type.Optional(secret({ description: 'PEM: the key of our certificate' })),
          passphrase: Type.Optional(secret({ description: 'of the key' }))
        },
        { additionalProperties: false, default: {} }
      )
    },
    { additionalProperties: false }
  ),
  shared: true,
  async open({ url, prefix, heartbeatSeconds, tls }, { clock, deployment, logger }): Promise<OpenRabbit> {
    if (!/^amqps?:\/\//.test(url)) throw new Error('the url must begin with amqp:// or amqps://')
    const input = { url, tls, heartbeatSeconds }
    const name = `care-kernel ${deployment.name}`
    const [publishing, consuming] = await Promise.all([
      connect({ ...input, name: `${name} publishing` }, logger),
      connect({ ...input, name: `${name} consuming` })
    ])
    // Requests are served without a queue: it is waited for, but not long.
    await Promise.all([publishing.settled(OPENING_MS), consuming.settled(OPENING_MS)])
    const queues = makeQueues({ publishing, consuming, prefix, clock, logger })
    return { ...queues, connection: publishing, production: deployment.environment === 'production' }
  },
  doctor: (port, { url }) => {
    const { connection, production } = port as OpenRabbit
    return examine(connection, url, production)
  }
})
