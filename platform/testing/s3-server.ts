import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { refusalOf, type Refusal } from './sigv4.ts'

/** One writing of a key. */
export interface KeptObject {
  readonly content: Buffer
  readonly contentType: string
  readonly etag: string
  readonly versionId: string
  /** As they came: encryption, access. */
  readonly headers: Readonly<Record<string, string>>
}

export interface S3ServerOptions {
  readonly buckets: readonly string[]
  /** Key id → secret. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Whether buckets keep versions; true by default. */
  readonly versioned?: boolean
  /** Public buckets. */
  readonly open?: readonly string[]
  /** Origins that may PUT from a browser. */
  readonly origins?: readonly string[]
  readonly now?: () => Date
}

/** An object store with the part of S3 that this project uses. It verifies every signature. */
export interface S3Server {
  readonly port: number
  readonly url: string
  readonly secrets: Readonly<Record<string, string>>
  /** Newest last, by `bucket/key`. */
  readonly objects: Map<string, KeptObject[]>
  /** Codes of refused requests, in order. */
  readonly refused: string[]
  stop(): Promise<void>
}

const STATUS: Readonly<Record<string, number>> = {
  NoSuchKey: 404,
  NoSuchBucket: 404,
  NoSuchVersion: 404,
  InvalidRange: 416,
  MethodNotAllowed: 405,
  AuthorizationQueryParametersError: 400,
  XAmzContentSHA256Mismatch: 400
}

class Refused extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** Listens on a free port of 127.0.0.1; path style only. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const { buckets, versioned = true, open = [], origins = [], now = () => new Date() } = options
  const secrets = options.secrets ?? { AKIDTEST: 'secret-of-the-test-store' }
  const objects = new Map<string, KeptObject[]>()
  const refused: string[] = []

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const code = error instanceof Refused ? error.code : 'InternalError'
      refused.push(code)
      const status = STATUS[code] ?? (error instanceof Refused ? 403 : 500)
      response.writeHead(status, { 'content-type': 'application/xml', date: now().toUTCString() })
      const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`
      response.end(request.method === 'HEAD' ? undefined : body)
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const address = new URL(url, 'http://store')
    const [bucket = '', ...names] = address.pathname.slice(1).split('/').map(decodeURIComponent)
    const key = names.join('/')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    response.setHeader('date', now().toUTCString())
    if (headers.origin && origins.includes(headers.origin)) response.setHeader('access-control-allow-origin', headers.origin)
    if (method === 'OPTIONS') return void response.writeHead(response.hasHeader('access-control-allow-origin') ? 200 : 403).end()

    const anybody = open.includes(bucket) && method === 'GET' && key !== '' && !address.search
    const refusal: Refusal | undefined = anybody ? undefined : refusalOf({ method, url, headers, body }, secrets, now())
    if (refusal) throw new Refused(refusal)
    if (!buckets.includes(bucket)) throw new Refused('NoSuchBucket')
    if (key === '') return bucketAnswer(method, address, response)
    const name = `${bucket}/${key}`

    if (method === 'PUT') {
      const kept = keep(body, headers as Record<string, string>)
      objects.set(name, [...(versioned ? (objects.get(name) ?? []) : []), kept])
      return void response.writeHead(200, { etag: kept.etag, ...versionOf(kept) }).end()
    }
    if (method === 'DELETE') {
      objects.delete(name)
      return void response.writeHead(204).end()
    }
    if (method !== 'GET' && method !== 'HEAD') throw new Refused('MethodNotAllowed')
    const wanted = address.searchParams.get('versionId')
    const all = objects.get(name) ?? []
    const found = wanted === null ? all.at(-1) : all.find(({ versionId }) => versionId === wanted)
    if (!found) throw new Refused(wanted === null ? 'NoSuchKey' : 'NoSuchVersion')
    send(found, request, response, address.searchParams)
  }

  function bucketAnswer(method: string, address: URL, response: ServerResponse): void {
    const xml = address.searchParams.has('versioning')
      ? `<VersioningConfiguration>${versioned ? '<Status>Enabled</Status>' : ''}</VersioningConfiguration>`
      : ''
    response.writeHead(200, { 'content-type': 'application/xml' }).end(method === 'HEAD' ? undefined : xml)
  }

  function keep(content: Buffer, headers: Record<string, string>): KeptObject {
    return {
      content,
      contentType: headers['content-type'] ?? 'binary/octet-stream',
      etag: `"${createHash('md5').update(content).digest('hex')}"`,
      versionId: versioned ? randomBytes(12).toString('base64url') : 'null',
      headers
    }
  }
  const versionOf = ({ versionId }: KeptObject) => (versioned ? { 'x-amz-version-id': versionId } : {})

  function send(kept: KeptObject, { method, headers }: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const { content, contentType, etag } = kept
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
    const start = Number(from ?? 0)
    const end = Math.min(to ? Number(to) : Infinity, content.length - 1)
    if (from !== undefined && start > end) throw new Refused('InvalidRange')
    const part = content.subarray(start, end + 1)
    const disposition = query.get('response-content-disposition')
    response.writeHead(from === undefined ? 200 : 206, {
      'content-type': query.get('response-content-type') ?? contentType,
      'content-length': part.length,
      etag,
      ...(disposition ? { 'content-disposition': disposition } : {}),
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${content.length}` }),
      ...versionOf(kept)
    })
    response.end(method === 'HEAD' ? undefined : part)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    secrets,
    objects,
    refused,
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}
