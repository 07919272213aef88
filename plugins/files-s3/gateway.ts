import type { Bucket, Logger } from 'care-kernel'
import { defineGateway, requireKey } from 'care-kernel/gateway'
import { connect, missing, type Connection, type OpenS3 } from './connection.ts'
import { examine } from './findings.ts'
import { placeOf, Settings } from './settings.ts'
import { encode } from './signatures.ts'

export default defineGateway({
  port: 'storage',
  name: 'files-s3',
  summary: 'Amazon S3, or any store that speaks its protocol',
  config: Settings,
  shared: true,
  constants: settings => ({ publicAddress: placeOf(settings, 'public').address }),
  async open(settings, { clock, deployment, logger }): Promise<OpenS3> {
    const { encryption, publicAcl, timeoutSeconds } = settings
    const connections = await connectAll(settings, logger)
    const all = Object.values(connections)
    let closed = false
    const of = (bucket: Bucket, key: string) => {
      if (closed) throw new Error('the gateway is closed')
      requireKey(key)
      const { client, place } = connections[bucket]
      // The SDK's own limits are per connection and attempt; this one is for the whole call.
      return { client, at: { Bucket: place.bucket, Key: key }, call: { abortSignal: AbortSignal.timeout(timeoutSeconds * 1500) } }
    }

    return {
      connections,
      frontendUrl: deployment.frontendUrl,
      clock,
      publicAddress: connections.public.place.address,
      async put(bucket, key, content, { contentType }) {
        const { client, at, call } = of(bucket, key)
        await client.putObject(
          {
            ...at,
            Body: content,
            ContentLength: content.length,
            ContentType: contentType,
            ...(encryption === '' ? {} : { ServerSideEncryption: encryption }),
            ...(bucket === 'public' && publicAcl ? { ACL: 'public-read' as const } : {})
          },
          call
        )
      },
      async get(bucket, key, { first, version } = {}) {
        const { client, at, call } = of(bucket, key)
        const found = await client
          .getObject(
            {
              ...at,
              ...(version === undefined ? {} : { VersionId: version }),
              ...(first === undefined ? {} : { Range: `bytes=0-${first - 1}` })
            },
            call
          )
          .catch(missing)
        // An empty object has no first bytes.
        if (found === 'unsatisfiable') return new Uint8Array()
        return found?.Body?.transformToByteArray()
      },
      async delete(bucket, key) {
        const { client, at, call } = of(bucket, key)
        await client.deleteObject(at, call)
      },
      async stat(bucket, key) {
        const { client, at, call } = of(bucket, key)
        const found = await client.headObject(at, call).catch(missing)
        if (found === undefined || found === 'unsatisfiable') return undefined
        const { ContentLength: size = 0, ContentType: contentType = 'application/octet-stream', ETag: etag = '' } = found
        const version = found.VersionId
        return { size, contentType, etag, ...(version === undefined || version === 'null' ? {} : { version }) }
      },
      signedUrl(bucket, key, use) {
        requireKey(key)
        const { signer, base } = connections[bucket]
        const to = { ...base, path: `${base.path}/${key.split('/').map(encode).join('/')}` }
        if ('upload' in use) {
          const { contentType, size, seconds } = use.upload
          const length = size === undefined ? {} : { 'content-length': String(size) }
          return signer()(to, { method: 'PUT', seconds, headers: { ...length, 'content-type': contentType } }, clock.now())
        }
        const { seconds, version, contentType, disposition } = use.download
        const query = {
          ...(disposition === undefined ? {} : { 'response-content-disposition': disposition }),
          ...(contentType === undefined ? {} : { 'response-content-type': contentType }),
          ...(version === undefined ? {} : { versionId: version })
        }
        return signer()(to, { method: 'GET', seconds, query }, clock.now())
      },
      async check() {
        if (closed) throw new Error('the gateway is closed')
        const call = { abortSignal: AbortSignal.timeout(timeoutSeconds * 1500) }
        await Promise.all(all.map(({ client, place }) => client.headBucket({ Bucket: place.bucket }, call)))
      },
      async close() {
        closed = true
        for (const connection of all) connection.close()
      }
    }
  },
  doctor: async port => examine(port as OpenS3)
})

async function connectAll(settings: Parameters<typeof placeOf>[0], logger: Logger): Promise<Record<Bucket, Connection>> {
  const open = (name: Bucket) => connect(placeOf(settings, name), settings.timeoutSeconds * 1000, logger)
  const [own, shared] = await Promise.all([open('private'), open('public')])
  return { private: own, public: shared }
}
