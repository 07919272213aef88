import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openGateway, storageSuite, testDeployment as deployment } from 'care-kernel/testing'
import { fakeClock } from '../../platform/testing/clock.ts'
import { refusalOf } from '../../platform/testing/sigv4.ts'
import { startS3Server, type S3Server } from '../../platform/testing/s3-server.ts'
import filesLocal from '../../plugins/files-local/gateway.ts'
import filesS3 from '../../plugins/files-s3/gateway.ts'
import { placeOf, Settings, type S3Settings } from '../../plugins/files-s3/settings.ts'
import { makeSigner } from '../../plugins/files-s3/signatures.ts'
import { Value } from 'typebox/value'
import { startProxy } from './proxy.ts'

const BUCKETS = { patient: 'patient-bucket', facility: 'facility-bucket' }
const development = 'care-kernel-development-only'

async function openS3(server: S3Server, over: object = {}, lines?: string[]) {
  const [id = '', secret = ''] = Object.entries(server.secrets)[0] ?? []
  const settings = {
    endpoint: server.url,
    region: 'ap-south-1',
    accessKey: id,
    secretKey: secret,
    buckets: BUCKETS,
    timeoutSeconds: 1
  }
  return openGateway<'storage'>(filesS3, { ...settings, ...over }, lines ? { lines } : {})
}

t.test('files-s3', async t => {
  for (const versioned of [true, false])
    t.test(versioned ? 'a store that keeps versions' : 'one that keeps none', async t => {
      storageSuite(
        t,
        async () => {
          const clock = fakeClock(new Date())
          const server = await startS3Server({
            buckets: Object.values(BUCKETS),
            open: ['facility-bucket'],
            versioned,
            now: () => clock.now()
          })
          const proxy = await startProxy('127.0.0.1', server.port)
          const settings = {
            endpoint: `http://127.0.0.1:${proxy.port}/`,
            accessKey: 'AKIDTEST',
            secretKey: server.secrets.AKIDTEST ?? '',
            buckets: BUCKETS,
            timeoutSeconds: 1
          }
          const { port, close } = await openGateway<'storage'>(filesS3, settings, { clock })
          return {
            port,
            send: (url, init) => fetch(url, init),
            advance: seconds => void clock.advance(seconds * 1000),
            stranger: async () => openGateway<'storage'>(filesS3, { ...settings, secretKey: 'another' }, { clock }),
            outage: () => proxy.silence(),
            async cleanup() {
              await close()
              await proxy.stop()
              await server.stop()
            }
          }
        },
        { keepsVersions: versioned }
      )
    })

  t.test('the secret of an account it does not know, and a wrong one, are told', async t => {
    const server = await startS3Server({ buckets: Object.values(BUCKETS) })
    t.teardown(() => server.stop())
    for (const wrong of [{ secretKey: 'wrong-secret' }, { accessKey: 'NOBODY' }]) {
      const { port, close, findings } = await openS3(server, wrong)
      t.teardown(close)
      await t.rejects(port.check())
      await t.rejects(port.put('private', 'a', Buffer.from('a'), { contentType: 'text/plain' }))
      t.match((await findings())[0], { ok: false, fact: /may not use it/ })
    }
    t.equal(server.objects.size, 0)
    const elsewhere = await openS3(server, { buckets: { ...BUCKETS, patient: 'no-such-bucket' } })
    t.teardown(elsewhere.close)
    await t.rejects(elsewhere.port.check())
    await t.rejects(elsewhere.port.get('private', 'a'), 'a bucket that is not there is not an object that is not there')
    t.match((await elsewhere.findings())[0], { ok: false, fact: /no such bucket/ })
  })

  t.test('encryption and access are asked for where the config says so', async t => {
    const server = await startS3Server({ buckets: Object.values(BUCKETS) })
    t.teardown(() => server.stop())
    const { port, close } = await openS3(server, { encryption: 'AES256', publicAcl: true })
    t.teardown(close)
    await port.put('private', 'a', Buffer.from('a'), { contentType: 'text/plain' })
    await port.put('public', 'b', Buffer.from('b'), { contentType: 'image/png' })
    const headers = (name: string) => server.objects.get(name)?.at(-1)?.headers ?? {}
    t.match(headers('patient-bucket/a'), { 'x-amz-server-side-encryption': 'AES256' })
    t.notOk('x-amz-acl' in headers('patient-bucket/a'), 'files about people are never public')
    t.match(headers('facility-bucket/b'), { 'x-amz-acl': 'public-read' })
  })

  t.test('what the doctor finds', async t => {
    const server = await startS3Server({
      buckets: Object.values(BUCKETS),
      open: ['facility-bucket'],
      origins: [deployment.frontendUrl]
    })
    t.teardown(() => server.stop())
    const lines: string[] = []
    const well = await openS3(server, {}, lines)
    t.teardown(well.close)
    const found = await well.findings()
    t.strictSame(
      found.filter(({ ok }) => !ok),
      []
    )
    t.match(found.map(({ fact }) => fact).join('\n'), /answers 403[^]*keeps versions[^]*may upload[^]*s from ours/)
    t.equal(server.objects.size, 0, 'nothing is left')
    t.notMatch(lines.join(''), /secret-of/)

    const careless = await startS3Server({ buckets: Object.values(BUCKETS), open: ['patient-bucket'], versioned: false })
    t.teardown(() => careless.stop())
    const badly = await openS3(careless)
    t.teardown(badly.close)
    t.match(
      (await badly.findings()).filter(({ ok }) => !ok),
      [{ fact: /answers 404/, remedy: /public access/ }, { fact: /no versions/ }, { fact: /may not upload/ }]
    )
  })

  t.test('addresses are those of AWS', async t => {
    const example = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
    const at = new Date('2013-05-24T00:00:00Z')
    const host = 'examplebucket.s3.amazonaws.com'
    const sign = makeSigner(example, 'us-east-1')
    t.equal(
      sign({ origin: `https://${host}`, host, path: '/test.txt' }, { method: 'GET', seconds: 86_400 }, at),
      `https://${host}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
      "the example of Amazon's documentation"
    )
    const next = sign(
      { origin: `https://${host}`, host, path: '/x' },
      { method: 'GET', seconds: 60 },
      new Date('2013-05-25T00:00:00Z')
    )
    t.match(next, /20130525%2Fus-east-1/, 'the key of the day changes with the day')
    const borrowed = makeSigner({ ...example, sessionToken: 'a/b+c=' }, 'us-east-1')
    t.match(borrowed({ origin: '', host, path: '/x' }, { method: 'GET', seconds: 60 }, at), /X-Amz-Security-Token=a%2Fb%2Bc%3D&/)
  })

  t.test('the test store checks signatures as AWS does', async t => {
    const secrets = { AKIAIOSFODNN7EXAMPLE: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    const host = 'examplebucket.s3.amazonaws.com'
    const at = new Date('2013-05-24T00:00:00Z')
    const headers = (signed: string, signature: string, more: object = {}) => ({
      host,
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': empty,
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signed},Signature=${signature}`,
      ...more
    })
    const common = 'host;x-amz-content-sha256;x-amz-date'
    const none = new Uint8Array()
    const examples = {
      'GET object': {
        method: 'GET',
        url: '/test.txt',
        body: none,
        headers: headers(
          'host;range;x-amz-content-sha256;x-amz-date',
          'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
          { range: 'bytes=0-9' }
        )
      },
      'PUT object': {
        method: 'PUT',
        url: '/test%24file.text',
        body: Buffer.from('Welcome to Amazon S3.'),
        headers: headers(
          'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
          '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
          {
            date: 'Fri, 24 May 2013 00:00:00 GMT',
            'x-amz-storage-class': 'REDUCED_REDUNDANCY',
            'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072'
          }
        )
      },
      'GET lifecycle': {
        method: 'GET',
        url: '/?lifecycle',
        body: none,
        headers: headers(common, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543')
      },
      'list objects': {
        method: 'GET',
        url: '/?max-keys=2&prefix=J',
        body: none,
        headers: headers(common, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7')
      }
    }
    for (const [name, example] of Object.entries(examples)) {
      t.equal(refusalOf(example, secrets, at), undefined, name)
      t.equal(refusalOf({ ...example, url: `${example.url}x` }, secrets, at), 'SignatureDoesNotMatch', `${name}, changed`)
      t.equal(refusalOf(example, secrets, new Date('2013-05-24T01:00:00Z')), 'RequestTimeTooSkewed', `${name}, later`)
      t.equal(refusalOf({ ...example, body: Buffer.from('x') }, secrets, at), 'XAmzContentSHA256Mismatch', `${name}, other bytes`)
    }
  })

  t.test('which setting counts for a bucket (docs/api/gateways-jobs.md §2)', async t => {
    const place = (settings: object) => {
      const filled = Value.Default(Settings, { buckets: { patient: 'p', facility: 'f' }, ...structuredClone(settings) })
      return placeOf(filled as S3Settings, 'private')
    }
    t.match(place({}), { endpoint: undefined, address: 'https://p.s3.ap-south-1.amazonaws.com', region: 'ap-south-1' })
    t.match(place({ buckets: { patient: 'a.b', facility: 'f' } }), { address: 'https://s3.ap-south-1.amazonaws.com/a.b' })
    t.match(place({ endpoint: 'http://in/' }), { endpoint: 'http://in', address: 'http://in/p' })
    t.match(place({ endpoint: 'http://in', externalEndpoint: 'https://out' }), {
      endpoint: 'http://in',
      address: 'https://out/p'
    })
    t.match(place({ endpoint: 'http://in', patient: { endpoint: 'http://own' } }), {
      endpoint: 'http://own',
      address: 'http://in/p'
    })
    t.match(place({ patient: { endpoint: 'http://own' } }), { endpoint: 'http://own', address: 'http://own/p' })
    t.match(place({ endpoint: 'http://in', patient: { externalEndpoint: 'https://out', region: 'r', accessKey: 'k' } }), {
      endpoint: 'http://in',
      address: 'https://out/p',
      region: 'r',
      accessKey: 'k'
    })
  })
})

t.test('files-local', async t => {
  const open = async (over: object = {}) => {
    const directory = join(await mkdtemp(join(tmpdir(), 'care-files-')), 'files')
    const clock = fakeClock(new Date())
    const opened = await openGateway<'storage'>(filesLocal, { directory, ...over }, { clock })
    await opened.app.listen({ port: 0, host: '127.0.0.1' })
    const served = opened.app.listeningOrigin
    return {
      ...opened,
      directory,
      send: (url: string, init?: object) => fetch(url.replace('http://localhost:9000', served), init),
      advance: (seconds: number) => void clock.advance(seconds * 1000),
      stranger: async () => {
        const security = { ...deployment.security, secretKey: `${development}-another` }
        return openGateway<'storage'>(filesLocal, { directory }, { clock, deployment: { ...deployment, security } })
      },
      async cleanup() {
        await opened.close()
        await rm(join(directory, '..'), { recursive: true, force: true })
      }
    }
  }
  storageSuite(t, () => open(), { keepsVersions: true })

  t.test('files are for this server alone, drafts are not left', async t => {
    const { port, app, directory, send, findings, cleanup } = await open({ maxMegabytes: 1 })
    t.teardown(cleanup)
    const key = `PATIENT/${randomBytes(4).toString('hex')}.pdf`
    const folder = join(directory, 'patient-bucket', key)
    const url = port.signedUrl('private', key, { upload: { contentType: 'application/pdf', seconds: 60 } })
    const headers = { 'content-type': 'application/pdf' }
    const large = await send(url, { method: 'PUT', headers, body: Buffer.alloc(1_048_577) })
    t.ok([400, 413].includes(large.status), 'more than the limit')
    t.equal(await endless(app.listeningOrigin, url), 400, 'and without an end')
    t.strictSame(await readdir(folder).catch(() => []), [])
    t.equal((await send(url, { method: 'PUT', headers, body: Buffer.from('%PDF') })).status, 200)
    t.equal((await readdir(folder)).length, 2, 'the bytes and what is said about them')
    for (const name of await readdir(folder)) t.equal((await stat(join(folder, name))).mode & 0o777, 0o600)
    t.strictSame(
      (await findings()).filter(({ ok }) => !ok),
      []
    )
    await writeFile(join(directory, 'patient-bucket', 'stray'), 'x')
    t.equal((await send(port.signedUrl('private', 'stray', { download: { seconds: 60 } }))).status, 404)
    await t.rejects(openGateway(filesLocal, { directory: join(import.meta.filename, 'below-a-file') }))
  })

  t.test('a next start understands the addresses of the one before', async t => {
    const first = await open()
    t.teardown(first.cleanup)
    await first.port.put('private', 'a', Buffer.from('kept'), { contentType: 'text/plain' })
    const url = first.port.signedUrl('private', 'a', { download: { seconds: 60 } })
    const next = await openGateway<'storage'>(filesLocal, { directory: first.directory })
    t.teardown(next.close)
    const { pathname, search } = new URL(url)
    t.match(await next.app.inject({ url: pathname + search }), { statusCode: 200, payload: 'kept' })
  })
})

/** Sends more and more to an address; the status of the answer. */
function endless(origin: string, url: string): Promise<number> {
  const { pathname, search } = new URL(url)
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/pdf', 'transfer-encoding': 'chunked' }
    const sending = request(`${origin}${pathname}${search}`, { method: 'PUT', headers })
    const timer = setInterval(() => sending.write(Buffer.alloc(200_000)), 5)
    sending.on('response', response => {
      clearInterval(timer)
      resolve(response.statusCode ?? 0)
      sending.destroy()
    })
    sending.on('error', error => {
      clearInterval(timer)
      reject(error)
    })
  })
}
