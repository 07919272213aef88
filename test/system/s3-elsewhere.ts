// The promises of `storage`, kept by `files-s3` on an S3 server that is none of ours: the one S3_ENDPOINT, S3_ACCESS_KEY and
// S3_SECRET_KEY (S3_REGION) name, else a Ceph of its own. It makes its buckets and removes them.
import { openGateway, storageSuite, type StorageUnderTest, testDeployment as deployment } from 'care-kernel/testing'
import { systemClock } from '../../kernel/lifecycle/system-clock.ts'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { S3 } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { bytes, key } from '../../platform/testing/suites/storage-addresses.ts'
import filesS3 from '../../plugins/files-s3/gateway.ts'
import { startProxy } from '../plugins/proxy.ts'
import { missingPackages, startCeph, type S3Account } from './ceph.ts'

type Buckets = Readonly<Record<'patient' | 'facility', string>>

const {
  S3_ENDPOINT: endpoint,
  S3_ACCESS_KEY: accessKey = '',
  S3_SECRET_KEY: secretKey = '',
  S3_REGION: region = 'us-east-1'
} = process.env
/** How far the clock that signs is behind the store's: an address for a minute is over after what is left of it. */
const BEHIND_SECONDS = 45

const lacking = endpoint ? [] : missingPackages()
if (lacking.length > 0) {
  console.error(`there is no S3_ENDPOINT, and no Ceph to start: apt-get install ${lacking.join(' ')}`)
  process.exit(1)
}

const made: string[] = []
let ceph: Awaited<ReturnType<typeof startCeph>> | undefined
let owner: S3
let ending: Promise<void> | undefined
// Before anything is started, so that an interruption at any time ends it. Not once: tap ends the process when it finds itself alone.
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }))
  process.on(signal, () => void end().finally(() => process.exit(code)))
t.setTimeout(900_000)
try {
  await examine()
} finally {
  await end()
}

async function examine(): Promise<void> {
  if (!endpoint) ceph = await startCeph()
  const account: S3Account = ceph?.account ?? { endpoint: (endpoint ?? '').replace(/\/+$/, ''), accessKey, secretKey }
  owner = new S3({
    ...{ endpoint: account.endpoint, region, forcePathStyle: true },
    credentials: { accessKeyId: account.accessKey, secretAccessKey: account.secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED'
  })
  t.comment(`${ceph ? 'Ceph' : 'the server'} at ${account.endpoint}`)
  for (const versioned of [true, false])
    await t.test(versioned ? 'buckets that keep versions' : 'buckets that keep none', async t => {
      const { isCeph, ...store } = await makeBuckets(versioned)
      const settings = { region, ...account, ...store, timeoutSeconds: 3 }
      await t.test('the suite', async t => storageSuite(t, () => open(settings), { keepsVersions: versioned }))
      await t.test('other keys, another bucket', t => strangers(t, settings))
      await t.test('addresses of another time', t => anotherTime(t, settings, isCeph))
      await t.test('what the doctor finds', t => doctor(t, settings, versioned))
    })
}

type Settings = S3Account & { readonly buckets: Buckets; readonly timeoutSeconds: number }

async function open(settings: Settings): Promise<StorageUnderTest> {
  const { protocol, hostname, port: at } = new URL(settings.endpoint)
  // Requests through the proxy name it as their host, which a certificate would not.
  const proxy = protocol === 'http:' ? await startProxy(hostname, Number(at || 80)) : undefined
  const near = proxy ? { ...settings, endpoint: `http://127.0.0.1:${proxy.port}` } : settings
  const clock = shifted(-BEHIND_SECONDS)
  const { port, close } = await openGateway<'storage'>(filesS3, near, { clock })
  return {
    port,
    send: (url, init) => fetch(url, init),
    advance: seconds => wait(Math.max(0, seconds - BEHIND_SECONDS) * 1000),
    stranger: async () => openGateway<'storage'>(filesS3, { ...near, secretKey: 'another' }, { clock }),
    ...(proxy ? { outage: () => proxy.silence() } : {}),
    async cleanup() {
      await close()
      await proxy?.stop()
    }
  }
}

/** Keys the store does not know, and a bucket it does not have: as with the store of our tests. */
async function strangers(t: Test, settings: Settings): Promise<void> {
  const name = key()
  const own = await openGateway<'storage'>(filesS3, settings)
  t.teardown(own.close)
  await own.port.put('private', name, bytes('kept'), { contentType: 'text/plain' })
  const before = await own.port.stat('private', name)
  for (const wrong of [{ secretKey: 'wrong-secret' }, { accessKey: 'NOBODY' }]) {
    const { port, close, findings } = await openGateway<'storage'>(filesS3, { ...settings, ...wrong })
    t.teardown(close)
    const [title = ''] = Object.keys(wrong)
    await t.rejects(port.check(), title)
    await t.rejects(port.get('private', name))
    await t.rejects(port.put('private', name, bytes('lost'), { contentType: 'text/plain' }))
    t.equal((await fetch(port.signedUrl('private', name, { download: { seconds: 60 } }))).status, 403)
    const upload = port.signedUrl('private', name, { upload: { contentType: 'text/plain', seconds: 60 } })
    t.equal((await fetch(upload, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: bytes('lost') })).status, 403)
    t.match((await findings())[0], { ok: false, fact: /may not use it/ })
  }
  t.strictSame(await own.port.stat('private', name), before)
  const buckets = { ...settings.buckets, patient: `${settings.buckets.patient}-not` }
  const nowhere = await openGateway<'storage'>(filesS3, { ...settings, buckets })
  t.teardown(nowhere.close)
  await t.rejects(nowhere.port.check())
  await t.rejects(nowhere.port.get('private', name), 'a bucket that is not there is not an object that is not there')
  t.match((await nowhere.findings())[0], { ok: false, fact: /no such bucket/ })
}

/** The store's own clock decides, whatever that of the gateway says. */
async function anotherTime(t: Test, settings: Settings, isCeph: boolean): Promise<void> {
  const content = { contentType: 'application/pdf' }
  const name = key()
  for (const [title, seconds] of Object.entries({ 'an hour ago': -3600, 'a second too long ago': -61, 'in an hour': 3600 })) {
    if (isCeph && seconds > 0) {
      t.pass(`signed ${title}`, { skip: 'Ceph 16 takes what is signed for later; Amazon does not' })
      continue
    }
    const { port, close } = await openGateway<'storage'>(filesS3, settings, { clock: shifted(seconds) })
    t.teardown(close)
    await port.put('private', name, bytes('kept'), content)
    const before = await port.stat('private', name)
    const get = await fetch(port.signedUrl('private', name, { download: { seconds: 60 } }))
    t.equal(get.status, 403, `to read, signed ${title}`)
    const upload = port.signedUrl('private', name, { upload: { ...content, size: 4, seconds: 60 } })
    const put = await fetch(upload, { method: 'PUT', headers: { 'content-type': content.contentType }, body: bytes('lost') })
    t.equal(put.status, 403, `to write, signed ${title}`)
    t.strictSame(await port.stat('private', name), before)
  }
}

async function doctor(t: Test, settings: Settings, versioned: boolean): Promise<void> {
  const { findings, close } = await openGateway<'storage'>(filesS3, settings)
  t.teardown(close)
  const found = await findings()
  for (const { ok, fact } of found) t.comment(`${ok ? 'well' : 'not well'}: ${fact}`)
  const bad = found.filter(({ ok, fact }) => !ok && !fact.startsWith('browsers reach'))
  t.match(bad, versioned ? [] : [{ fact: /keeps no versions/ }])
  t.equal(bad.length, versioned ? 0 : 1)
}

/** Two buckets as the README asks for them. */
async function makeBuckets(versioned: boolean): Promise<{ buckets: Buckets; publicAcl: boolean; isCeph: boolean }> {
  let isCeph = false
  const [patient, facility] = ['patient', 'facility'].map(name => `care-${name}-${randomBytes(6).toString('hex')}`) as [
    string,
    string
  ]
  for (const Bucket of [patient, facility]) {
    const { $metadata } = await owner.createBucket({ Bucket })
    made.push(Bucket)
    isCeph = /^tx0/.test($metadata.requestId ?? '')
    if (versioned) await owner.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })
  }
  const rule = { AllowedOrigins: [deployment.frontendUrl], AllowedMethods: ['GET', 'PUT'], AllowedHeaders: ['Content-Type'] }
  await owner.putBucketCors({ Bucket: patient, CORSConfiguration: { CORSRules: [rule] } })
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: ['*'] },
    Action: ['s3:GetObject'],
    Resource: [`arn:aws:s3:::${facility}/*`]
  }
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  // Amazon bars public buckets until told otherwise; others do not know the call.
  await owner.deletePublicAccessBlock({ Bucket: facility }).catch(() => undefined)
  // Ceph knows both ways to let anybody read.
  if (isCeph && !versioned) return { buckets: { patient, facility }, publicAcl: true, isCeph }
  const publicAcl = await owner.putBucketPolicy({ Bucket: facility, Policy: policy }).then(
    () => false,
    () => true
  )
  return { buckets: { patient, facility }, publicAcl, isCeph }
}

function end(): Promise<void> {
  return (ending ??= removeBuckets().finally(() => ceph?.stop()))
}

async function removeBuckets(): Promise<void> {
  for (const Bucket of made) {
    for (let more = true; more;) {
      const { Versions = [], DeleteMarkers = [], IsTruncated } = await owner.listObjectVersions({ Bucket })
      for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) await owner.deleteObject({ Bucket, Key, VersionId })
      more = IsTruncated === true
    }
    await owner.deleteBucket({ Bucket })
  }
}

/** The system's clock, so many seconds off. */
function shifted(seconds: number) {
  const clock = systemClock()
  return { ...clock, now: () => new Date(clock.now().getTime() + seconds * 1000) }
}
