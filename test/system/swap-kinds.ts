import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { builtInPlugins } from 'care-kernel'
import { type ReadMail, readMail } from 'care-kernel/testing'
import { startS3Server } from '../../platform/testing/s3-server.ts'
import { startAwsService } from '../plugins/aws-service.ts'
import { startMailServer } from '../plugins/mail-server.ts'
import { forgetKeys, forgetQueues } from '../leftovers.ts'
import { AMQP, ownPort, REDIS } from '../services.ts'
import { emptyDatabase, root } from './deployment.ts'

/** One kind of deployment: its config file, and what arrived at the other side of its gateways. */
export interface Kind {
  readonly config: string
  readonly env: NodeJS.ProcessEnv
  texts(): Promise<readonly { readonly to: string; readonly text: string }[]>
  mails(): Promise<readonly ReadMail[]>
  /** Proof that the gateways did the work: the names of what they hold. */
  kept(): readonly string[]
  stop(): Promise<void>
}

type Outlets = Pick<Kind, 'texts' | 'mails'>

const files = (folder: string, end: string) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter(name => name.endsWith(end))
    : []
const outboxTexts =
  (folder: string): Outlets['texts'] =>
  async () =>
    files(folder, '.json').map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { to: string; text: string })

/** A free port: addresses of local files name it. */
const port = async () => ({ PORT: String(await ownPort()) })

/** The default's file with other gateways, and nothing else. Text messages are off in development unless told. */
function configOf(folder: string, gateways: object): string {
  const path = join(folder, 'care.yaml')
  const plugins = { notifications: { textMessages: true } }
  const log = { level: 'error' }
  writeFileSync(path, stringify({ extends: join(root, 'config/default.yaml'), plugins, gateways, log }))
  return path
}

/** Everything in one process and one folder: embedded PostgreSQL, and BullMQ on it. */
export async function embedded(): Promise<Kind> {
  const home = mkdtempSync(join(tmpdir(), 'care-swap-'))
  const [sms, email, stored] = [join(home, 'outbox/sms'), join(home, 'outbox/email'), join(home, 'files')]
  return {
    config: configOf(home, {}),
    env: { CARE_HOME: home, ...(await port()) },
    texts: outboxTexts(sms),
    mails: async () => files(email, '.eml').map(name => readMail(readFileSync(join(email, name)))),
    kept: () => files(stored, '.pdf'),
    stop: async () => undefined
  }
}

/** PostgreSQL, Redis for cache and queue, Amazon's S3, SNS and SES. `before` gives the port of what stands before each of these three. */
export async function amazon(before = async (port: number): Promise<number> => port): Promise<Kind> {
  const database = await emptyDatabase()
  const key = { accessKeyId: 'AKIDSWAP', secretAccessKey: randomBytes(16).toString('hex'), region: 'ap-south-1' }
  const texts: { to: string; text: string }[] = []
  const mails: ReadMail[] = []
  const sns = await startAwsService({ ...key, service: 'sns' }, (action, form) => {
    if (action === 'Publish') texts.push({ to: form.get('PhoneNumber') ?? '', text: form.get('Message') ?? '' })
    return action === 'Publish' ? `<MessageId>${randomUUID()}</MessageId>` : '<attributes/>'
  })
  const ses = await startAwsService({ ...key, service: 'ses' }, (action, form) => {
    if (action !== 'SendRawEmail') return '<Max24HourSend>50000</Max24HourSend><SentLast24Hours>0</SentLast24Hours>'
    mails.push(readMail(Buffer.from(form.get('RawMessage.Data') ?? '', 'base64')))
    return `<MessageId>${randomUUID()}</MessageId>`
  })
  const s3 = await startS3Server({
    buckets: ['patients', 'pictures'],
    open: ['pictures'],
    secrets: { [key.accessKeyId]: key.secretAccessKey }
  })
  const prefix = `swap${process.pid}`
  const at = async (port: number) => `http://127.0.0.1:${await before(port)}`
  return {
    config: configOf(mkdtempSync(join(tmpdir(), 'care-swap-')), {
      database: { use: 'database-postgres', url: database.url },
      cache: { use: 'cache-redis', url: REDIS, prefix: `${prefix}:` },
      queue: { use: 'queue-bullmq', url: REDIS, prefix },
      sms: { use: 'sms-sns', ...key, endpoint: await at(sns.port) },
      email: { use: 'email-ses', ...key, endpoint: await at(ses.port), from: 'Care <ops@care.example>' },
      storage: {
        use: 'files-s3',
        region: key.region,
        accessKey: key.accessKeyId,
        secretKey: key.secretAccessKey,
        endpoint: await at(s3.port),
        buckets: { patient: 'patients', facility: 'pictures' }
      }
    }),
    env: await port(),
    texts: async () => texts,
    mails: async () => mails,
    kept: () => [...s3.objects.keys()],
    stop: async () => {
      await Promise.all([sns.stop(), ses.stop(), s3.stop(), forgetKeys(prefix)])
      await database.drop()
    }
  }
}

/** Queues of every job and subscription. */
const queues = async () =>
  (await builtInPlugins()).flatMap(({ contract, jobs, on }) =>
    [...Object.keys(jobs ?? {}), ...Object.keys(on ?? {})].map(task => `${contract.name}.${task}`)
  )

/** PostgreSQL, RabbitMQ, a mail server, and files and text messages in folders. */
export async function rabbit(): Promise<Kind> {
  const database = await emptyDatabase()
  const home = mkdtempSync(join(tmpdir(), 'care-swap-'))
  const login = { user: 'care', password: randomBytes(8).toString('hex') }
  const server = await startMailServer(login)
  const number = await port()
  const prefix = `swap${process.pid}.`
  return {
    config: configOf(home, {
      database: { use: 'database-postgres', url: database.url },
      queue: { use: 'queue-rabbitmq', url: AMQP, prefix },
      sms: { use: 'sms-log', directory: join(home, 'sms') },
      email: { use: 'email-smtp', host: '127.0.0.1', port: server.port, ...login, tls: false, from: 'Care <ops@care.example>' },
      storage: { use: 'files-local', directory: join(home, 'files'), url: `http://localhost:${number.PORT}` }
    }),
    env: number,
    texts: outboxTexts(join(home, 'sms')),
    mails: async () => server.messages.map(readMail),
    kept: () => files(join(home, 'files'), '.pdf'),
    stop: async () => {
      await Promise.all([server.stop(), forgetQueues(prefix, await queues())])
      await database.drop()
    }
  }
}
