import { Busboy } from '@fastify/busboy'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badRequest, isApiError, unsupportedMediaType, type ApiError } from './errors.ts'
import { hookWrites } from './route-hooks.ts'

/** One file of a multipart body. */
export interface Upload {
  readonly filename: string
  readonly contentType: string
  readonly content: Buffer
}

/** A body that could not be read, kept until the permission has been checked. */
class Unreadable {
  readonly error: ApiError
  constructor(error: ApiError) {
    this.error = error
  }
}

/**
 * Bodies arrive as bytes and are read after authentication and permission, because those come first in the original
 * (docs/api/auth-users.md §1.4): JSON, urlencoded and multipart on every endpoint, DELETE included.
 */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body))
  hookWrites(app, {
    preParsing(request, reply, payload, done) {
      // Without a content type Fastify looks for no parser at all; a body of unknown type is refused, an empty one is none.
      if (request.headers['content-type'] === undefined && hasBody(request))
        request.headers['content-type'] = 'application/octet-stream'
      done(null, payload)
    }
  })
}

/** Parses the received bytes into `request.body`; undefined where there are none. */
export function readBody(request: FastifyRequest): Promise<void> | undefined {
  const { body } = request
  return Buffer.isBuffer(body) ? readBytes(request, body) : undefined
}

async function readBytes(request: FastifyRequest, bytes: Buffer): Promise<void> {
  try {
    request.body = bytes.length === 0 ? undefined : await read(request, bytes)
  } catch (error) {
    if (!isApiError(error)) throw error
    request.body = new Unreadable(error)
  }
}

/** Throws the 400 or 415 of a body that could not be read. */
export function requireReadable(request: FastifyRequest): void {
  if (request.body instanceof Unreadable) throw request.body.error
}

/** The body, or undefined where it cannot be read. */
export function bodyOrNothing(request: FastifyRequest): unknown {
  return request.body instanceof Unreadable ? undefined : request.body
}

async function read(request: FastifyRequest, bytes: Buffer): Promise<unknown> {
  const header = request.headers['content-type'] ?? ''
  const type = header.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json') return readJson(bytes)
  if (type === 'application/x-www-form-urlencoded') {
    request.form = true
    return readForm(bytes)
  }
  if (type === 'multipart/form-data') {
    request.form = true
    return readMultipart(request, header, bytes)
  }
  throw unsupportedMediaType(header)
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw badRequest(`JSON parse error - ${error instanceof Error ? error.message.replace(/, ".*$/s, '') : 'unreadable'}`)
  }
}

function readForm(bytes: Buffer): Record<string, unknown> {
  const values = record()
  for (const [key, value] of new URLSearchParams(bytes.toString('utf8'))) append(values, key, value)
  return values
}

function readMultipart(request: FastifyRequest, header: string, bytes: Buffer): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown) =>
      reject(badRequest(`Multipart form parse error - ${error instanceof Error ? error.message : 'unreadable'}`))
    const values = record()
    const uploads: Record<string, Upload> = Object.create(null) as Record<string, Upload>
    try {
      const parser = new Busboy({ headers: { 'content-type': header }, limits: { parts: 1000, fieldSize: 2_621_440 } })
      parser.on('field', (name, value) => append(values, name, value))
      parser.on('file', (name, stream, filename, encoding, contentType) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          uploads[name] = { filename, contentType, content: Buffer.concat(chunks) }
        })
      })
      parser.on('error', refuse)
      parser.on('finish', () => {
        request.uploads = uploads
        resolve(values)
      })
      parser.end(bytes)
    } catch (error) {
      refuse(error)
    }
  })
}

/** A repeated key becomes a list, as in the original's query dictionaries. */
function append(values: Record<string, unknown>, key: string, value: string): void {
  const old = values[key]
  values[key] = old === undefined ? value : Array.isArray(old) ? [...(old as unknown[]), value] : [old, value]
}

function record(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>
}

function hasBody(request: FastifyRequest): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}
