import { secret, type Queue } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { connect, type Connection } from './connection.ts'
import { examine } from './findings.ts'
import { makeQueue } from './queue.ts'

/** The port, with what `doctor` needs. */
export interface RabbitMqQueue extends Queue {
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
        description: 'Before the name of every queue, so that several deployments can share a virtual host'
      }),
      heartbeatSeconds: Type.Integer({
        default: 10,
        minimum: 1,
        maximum: 300,
        description: 'The connection is lost after twice as long without data'
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
  async open({ url, prefix, heartbeatSeconds, tls }, { clock, deployment, logger }): Promise<RabbitMqQueue> {
    if (!/^amqps?:\/\//.test(url)) throw new Error('the url must begin with amqp:// or amqps://')
    const settings = { url, tls, heartbeatSeconds }
    const name = `care-kernel ${deployment.name}`
    const [publishing, consuming] = await Promise.all([
      connect({ ...settings, name: `${name} publishing` }, logger),
      connect({ ...settings, name: `${name} consuming` })
    ])
    // The deployment opens without the broker: requests are served without a queue.
    await Promise.all([publishing.firstConnect(OPENING_MS), consuming.firstConnect(OPENING_MS)])
    const queue = makeQueue({ publishing, consuming, prefix, clock, logger })
    return { ...queue, connection: publishing, production: deployment.environment === 'production' }
  },
  doctor: (port, { url }) => {
    const { connection, production } = port as RabbitMqQueue
    return examine(connection, url, production)
  }
})
