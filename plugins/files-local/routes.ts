import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from 'care-kernel'
import { ApiError, denied, notFound } from 'care-kernel/rest'
import { WrongSize, type Head, type Objects } from './objects.ts'
import type { Signatures } from './signatures.ts'

/** One bucket to be served. */
export interface Served {
  readonly name: string
  readonly objects: Objects
  /** Read without a signature. */
  readonly open: boolean
}

interface Serving {
  readonly buckets: readonly Served[]
  readonly signatures: Signatures
  readonly clock: Clock
  readonly mostBytes: number
}

type Named = { Params: { '*': string } }

const DISCARD_MS = 1000
const REFUSED = 'This address is not valid, or no longer.'

/** `/{bucket}/{key}`: answers as an object store does. The signed address is the only permission. */
export async function serve(app: FastifyInstance, { buckets, signatures, clock, mostBytes }: Serving): Promise<void> {
  const grantOf = ({ method, url }: FastifyRequest) => {
    const grant = signatures.check(method, url, clock.now())
    if (!grant) throw denied(REFUSED)
    return grant
  }

  await app.register(async child => {
    // Uploads are streamed to the disk.
    child.removeAllContentTypeParsers()
    child.addContentTypeParser('*', (request, payload, done) => done(null, payload))

    for (const { name, objects, open } of buckets) {
      child.get<Named>(`/${name}/*`, { config: { permission: 'public' }, schema: { hide: true } }, async (request, reply) => {
        const key = request.params['*']
        const grant = open && !request.url.includes('?') ? {} : grantOf(request)
        const head = await known(objects, key)
        const bytes = head && (await objects.stream(key, grant.version))
        if (!head || !bytes) throw notFound()
        // The front end may show a file in a frame, and cache immutable ones.
        reply
          .removeHeader('x-frame-options')
          .header('accept-ranges', 'bytes')
          .header('cache-control', open ? 'public, max-age=31536000, immutable' : 'private, no-store')
          .type(grant.contentType ?? head.contentType)
        if (grant.disposition) reply.header('content-disposition', grant.disposition)
        return sendPart(request, reply, bytes)
      })

      child.put<Named>(
        `/${name}/*`,
        { config: { permission: 'public' }, schema: { hide: true }, bodyLimit: mostBytes },
        async (request, reply) => {
          const { contentType, size } = grantOf(request)
          const length = request.headers['content-length']
          if (contentType === undefined || request.headers['content-type'] !== contentType)
            throw denied('Another type was signed.')
          if (size !== undefined && length !== undefined && Number(length) !== size) throw denied('Another size was signed.')
          const body = request.body instanceof Readable ? request.body : Readable.from([])
          const { version } = await objects
            .write(request.params['*'], contentType, body.iterator({ destroyOnReturn: false }), {
              most: mostBytes,
              exactly: size
            })
            .catch((error: unknown) => {
              if (!(error instanceof WrongSize)) throw error
              discard(body)
              throw new ApiError(400, { detail: `Refused: ${error.message}.` })
            })
          return reply.header('etag', `"${version}"`).code(200).send()
        }
      )
    }
  })
}

/** Drains a refused upload for a moment, then ends its connection: ending it at once would lose the answer. */
function discard(rest: Readable): void {
  const timer = setTimeout(() => rest.destroy(), DISCARD_MS).unref()
  rest.once('close', () => clearTimeout(timer)).resume()
}

async function known(objects: Objects, key: string): Promise<Head | undefined> {
  return objects.head(key).catch((error: unknown) => {
    // An invalid key names no object.
    if (error instanceof TypeError) return undefined
    throw error
  })
}

/** The whole object, or one requested range. */
function sendPart(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { size, open }: NonNullable<Awaited<ReturnType<Objects['stream']>>>
): FastifyReply {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? []
  if (from === '' && to === '') return reply.header('content-length', size).send(open())
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (start > end) throw new ApiError(416, { detail: 'There is no such range.' }, { 'content-range': `bytes */${size}` })
  return reply
    .code(206)
    .header('content-range', `bytes ${start}-${end}/${size}`)
    .header('content-length', end - start + 1)
    .send(open({ start, end }))
}
