import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { openGateway } from 'care-kernel/testing'
import { until } from '../../platform/testing/suites/tools.ts'
import queueRabbitmq from '../../plugins/queue-rabbitmq/gateway.ts'
import { forgetQueues } from '../leftovers.ts'
import { absent, AMQP } from '../services.ts'

const broker = new URL(AMQP)

/** An authority of our own, and a certificate for this machine signed by it. Undefined where openssl is missing. */
function certificates() {
  const folder = mkdtempSync(join(tmpdir(), 'care-tls-'))
  const at = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(at(name), 'utf8')
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
  const key = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', at(`${name}.key`)]
  const authority = (name: string) =>
    openssl('req', '-x509', ...key(name), '-out', at(`${name}.pem`), '-days', '2', '-subj', `/CN=${name}`)
  const sign = (name: string, extensions: string) => {
    writeFileSync(at('extensions'), extensions)
    openssl('req', ...key(name), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`)
    const by = ['-CA', at('authority.pem'), '-CAkey', at('authority.key'), '-CAcreateserial', '-extfile', at('extensions')]
    openssl('x509', '-req', '-in', at(`${name}.csr`), '-out', at(`${name}.pem`), '-days', '2', ...by)
  }
  try {
    for (const name of ['authority', 'stranger']) authority(name)
    sign('broker', 'subjectAltName=IP:127.0.0.1')
    sign('elsewhere', 'subjectAltName=DNS:elsewhere.example')
    sign('client', 'extendedKeyUsage=clientAuth')
    const pair = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) })
    return {
      authority: read('authority.pem'),
      stranger: read('stranger.pem'),
      broker: pair('broker'),
      elsewhere: pair('elsewhere'),
      client: pair('client')
    }
  } catch {
    return undefined
  }
}

/** Ends TLS before the broker, as its own listener does. */
async function tlsBefore(options: TlsOptions): Promise<{ url: string; close(): void }> {
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer(options, near => {
    const far = connect(Number(broker.port || 5672), broker.hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => [near, far].forEach(other => other.destroy()))
    }
    near.pipe(far).pipe(near)
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(broker)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href.replace(/^amqp:/, 'amqps:'),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}

const away = await absent(AMQP)
const made = away === false ? certificates() : undefined
const skip = away !== false ? away : !made ? 'openssl is not installed' : false

t.test('queue-rabbitmq over TLS', { skip, timeout: 120_000 }, async t => {
  if (!made) return
  const prefix = `care-test-tls-${process.pid}.`

  async function works(t: Test, server: TlsOptions, tls: object): Promise<void> {
    const proxy = await tlsBefore(server)
    const { port, close, findings } = await openGateway<'queue'>(queueRabbitmq, { url: proxy.url, prefix, tls })
    t.teardown(async () => {
      await close()
      proxy.close()
    })
    await port.declare('work', { attempts: 1, backoffMs: 1 })
    const heard: unknown[] = []
    await port.consume('work', async ({ body }) => void heard.push(body), { concurrency: 1 })
    await port.publish('work', [{ id: 'a', body: 'through TLS' }])
    await until(() => heard.length > 0)
    t.same(heard, ['through TLS'])
    t.match((await findings()).map(({ fact }) => fact).join('\n'), /the connection is encrypted/)
  }

  async function isRefused(t: Test, server: TlsOptions, tls: object, reason: RegExp): Promise<void> {
    const proxy = await tlsBefore(server)
    const lines: string[] = []
    const { port, close } = await openGateway<'queue'>(queueRabbitmq, { url: proxy.url, prefix, tls }, { lines })
    t.teardown(async () => {
      await close()
      proxy.close()
    })
    await t.rejects(port.check(), reason)
    t.notMatch(lines.join(''), /PRIVATE KEY/)
  }

  const { authority, stranger, broker: own, elsewhere, client } = made
  t.test('tls.ca: the authority of the broker', t => works(t, own, { ca: authority }))
  t.test('without it, the certificate is not trusted', t => isRefused(t, own, {}, /certificate/))
  t.test('another authority is not trusted', t => isRefused(t, own, { ca: stranger }, /certificate/))
  t.test('a certificate for another machine is not trusted', t => isRefused(t, elsewhere, { ca: authority }, /altnames|IP/i))
  const asking = { ...own, ca: authority, requestCert: true, rejectUnauthorized: true }
  t.test('tls.cert and tls.key: ours, where the broker asks', t => works(t, asking, { ca: authority, ...client }))
  t.test('without them such a broker refuses', t => isRefused(t, asking, { ca: authority }, /away/))

  t.teardown(() => forgetQueues(prefix, ['work'], broker.href))
})
