// The other side of AWS's Signature Version 4, written from its description alone: it shares no line with what signs.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** One request as it arrived. */
export interface Arrived {
  readonly method: string
  /** Path and query, undecoded. */
  readonly url: string
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

/** Whom a fake service knows, and which service of which region it is. */
export interface SigV4Parties {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
}

/** What is wrong, and what S3 and the services of the Query protocol (SNS, SES) call it. */
const CODES = {
  missing: ['AccessDenied', 'MissingAuthenticationToken'],
  malformed: ['AccessDenied', 'IncompleteSignature'],
  key: ['InvalidAccessKeyId', 'InvalidClientTokenId'],
  scope: ['AuthorizationQueryParametersError', 'SignatureDoesNotMatch'],
  time: ['AuthorizationQueryParametersError', 'RequestExpired'],
  skewed: ['RequestTimeTooSkewed', 'RequestExpired'],
  expired: ['AccessDenied', 'RequestExpired'],
  unsigned: ['AccessDenied', 'IncompleteSignature'],
  body: ['XAmzContentSHA256Mismatch', 'SignatureDoesNotMatch'],
  wrong: ['SignatureDoesNotMatch', 'SignatureDoesNotMatch']
} as const
type Problem = keyof typeof CODES

/** Why S3 refuses a request. */
export type Refusal = (typeof CODES)[Problem][0]

const SKEW_MS = 15 * 60_000
const LONGEST_SECONDS = 604_800
const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/

/** Undefined when S3 accepts the request: signed with one of `secrets` (key id → secret), in its header or in its query, and in time. */
export function refusalOf(arrived: Arrived, secrets: Readonly<Record<string, string>>, now: Date): Refusal | undefined {
  const problem = problemOf(arrived, { service: 's3', secrets }, now)
  return problem && CODES[problem][0]
}

/**
 * What is wrong with the signature of a request to a service of the Query protocol, as AWS names it; undefined when it is right.
 * Key, day, region, service, time, the signed headers, the query and the bytes of the body are all part of it.
 */
export function signatureProblem(arrived: Arrived, parties: SigV4Parties, now: Date): string | undefined {
  const { accessKeyId, secretAccessKey, region, service } = parties
  const problem = problemOf(arrived, { service, region, secrets: { [accessKeyId]: secretAccessKey } }, now)
  return problem && CODES[problem][1]
}

interface Known {
  readonly service: string
  /** Any by default. */
  readonly region?: string
  readonly secrets: Readonly<Record<string, string>>
}

function problemOf({ method, url, headers, body }: Arrived, known: Known, now: Date): Problem | undefined {
  const [path = '', rawQuery = ''] = url.split('?', 2)
  const query = pairsOf(rawQuery)
  const parameter = (name: string) => query.find(([key]) => key === `X-Amz-${name}`)?.[1]
  const header = (name: string) => [headers[name] ?? ''].flat().join(',').trim().replace(/\s+/g, ' ')
  const isS3 = known.service === 's3'

  const inQuery = parameter('Signature') !== undefined
  if (!inQuery && headers.authorization === undefined) return 'missing'
  const authorization = AUTHORIZATION.exec(header('authorization'))
  if (!inQuery && !authorization) return 'malformed'
  const [credential = '', names = '', given = '', time = ''] = inQuery
    ? ['Credential', 'SignedHeaders', 'Signature', 'Date'].map(name => parameter(name) ?? '')
    : [...(authorization ?? []).slice(1), header('x-amz-date')]
  const [id = '', day = '', region = '', service = '', end = ''] = credential.split('/')
  const secret = known.secrets[id]
  if (secret === undefined) return 'key'
  if (service !== known.service || end !== 'aws4_request' || (known.region ?? region) !== region) return 'scope'
  const late = lateness(time, day, inQuery ? Number(parameter('Expires')) : undefined, now)
  if (late) return late

  // The host, and what S3 insists on: every header of Amazon's own that is sent; other services want at least the time.
  const signed = names.split(';')
  const own = isS3 ? Object.keys(headers).filter(name => name.startsWith('x-amz-')) : ['x-amz-date']
  if (!['host', ...own].every(name => signed.includes(name))) return 'unsigned'
  const actual = sha256(body)
  const declared = inQuery ? 'UNSIGNED-PAYLOAD' : header('x-amz-content-sha256') || (isS3 ? '' : actual)
  if (declared !== 'UNSIGNED-PAYLOAD' && declared !== actual) return 'body'

  const canonical = [
    method,
    // Only S3 signs a path as it is sent; every other service encodes it once more.
    path
      .split('/')
      .map(part => encode(isS3 ? decodeURIComponent(part) : part))
      .join('/'),
    canonicalQuery(query),
    ...signed.map(name => `${name}:${header(name)}`),
    '',
    names,
    declared
  ].join('\n')
  const scope = [day, region, service, end]
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const right = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope.join('/')}\n${sha256(canonical)}`)
  const got = Buffer.from(given, 'hex')
  return got.length === right.length && timingSafeEqual(got, right) ? undefined : 'wrong'
}

/** A request in a header is good for minutes; one in a query for as many seconds as it says, a week at most. */
function lateness(time: string, day: string, seconds: number | undefined, now: Date): Problem | undefined {
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(at) || !time.startsWith(day)) return 'time'
  const age = now.getTime() - at
  if (seconds === undefined) return Math.abs(age) > SKEW_MS ? 'skewed' : undefined
  if (!(seconds >= 1 && seconds <= LONGEST_SECONDS)) return 'time'
  return age > seconds * 1000 || age < -SKEW_MS ? 'expired' : undefined
}

function pairsOf(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter(Boolean)
    .map(pair => {
      const [name = '', value = ''] = pair.split('=', 2).map(part => decodeURIComponent(part.replaceAll('+', ' ')))
      return [name, value]
    })
}

function canonicalQuery(query: readonly (readonly [string, string])[]): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(pair => pair.join('='))
    .join('&')
}

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
