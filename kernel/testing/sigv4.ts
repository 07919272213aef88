import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Whom a fake AWS service knows, and which service of which region it is. */
export interface SigV4Parties {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
}

/** A request as it arrived: the address with its query, the body byte for byte. */
export interface SignedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

const LONGEST_SKEW_MS = 15 * 60_000
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

/**
 * What is wrong with the Signature Version 4 of a request in its `Authorization` header, as AWS names it; undefined when it is right.
 * Key, day, region, service, time, the signed headers, the query and the bytes of the body are all part of it.
 */
export function signatureProblem(
  { method, url, headers, body }: SignedRequest,
  { accessKeyId, secretAccessKey, region, service }: SigV4Parties,
  now: Date
): string | undefined {
  const found = AUTHORIZATION.exec(headers.authorization ?? '')
  if (!found) return headers.authorization === undefined ? 'MissingAuthenticationToken' : 'IncompleteSignature'
  const [, key = '', day = '', ofRegion, ofService, names = '', signature = ''] = found
  if (key !== accessKeyId) return 'InvalidClientTokenId'
  if (ofRegion !== region || ofService !== service) return 'SignatureDoesNotMatch'
  const time = String(headers['x-amz-date'])
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!time.startsWith(day) || !(Math.abs(at - now.getTime()) <= LONGEST_SKEW_MS)) return 'RequestExpired'

  const signed = names.split(';')
  if (!['host', 'x-amz-date'].every(name => signed.includes(name))) return 'IncompleteSignature'
  const hash = sha256(body)
  const declared = headers['x-amz-content-sha256']
  if (declared !== undefined && declared !== hash && declared !== 'UNSIGNED-PAYLOAD') return 'SignatureDoesNotMatch'
  const { pathname, searchParams } = new URL(url, 'http://host')
  const query = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort()
  const canonical = [
    method,
    // Only S3 signs a path as it is sent; every other service encodes it once more.
    service === 's3' ? pathname : pathname.split('/').map(encode).join('/'),
    query.join('&'),
    ...signed.map(name => `${name}:${[headers[name] ?? ''].flat().join(',').trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    declared ?? hash
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const secret = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const expected = hmac(secret, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`)
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? undefined : 'SignatureDoesNotMatch'
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
