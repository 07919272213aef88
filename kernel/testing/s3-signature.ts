// The other side of Signature Version 4, written from AWS's description alone: it shares no line with what signs.
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

/** Why a request is refused: S3's code of the error. */
export type Refusal =
  | 'AccessDenied'
  | 'AuthorizationQueryParametersError'
  | 'InvalidAccessKeyId'
  | 'RequestTimeTooSkewed'
  | 'SignatureDoesNotMatch'
  | 'XAmzContentSHA256Mismatch'

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex')
const SKEW_MS = 15 * 60 * 1000
const LONGEST_SECONDS = 604_800

/** Undefined when the request is signed with `secrets` (key id → secret), in its header or in its query, and in time. */
export function refusalOf(
  { method, url, headers, body }: Arrived,
  secrets: Readonly<Record<string, string>>,
  now: Date
): Refusal | undefined {
  const [rawPath = '', rawQuery = ''] = url.split('?', 2)
  const query = rawQuery
    .split('&')
    .filter(Boolean)
    .map(pair => pair.split('=', 2).map(part => decodeURIComponent(part.replaceAll('+', ' '))) as [string, string?])
  const parameter = (name: string) => query.find(([key]) => key === name)?.[1]
  const header = (name: string) => [headers[name] ?? ''].flat().join(',').trim().replace(/ +/g, ' ')

  const inQuery = parameter('X-Amz-Signature') !== undefined
  const authorization = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
    header('authorization')
  )
  if (!inQuery && !authorization) return 'AccessDenied'
  const [credential, names, given, time] = inQuery
    ? ['Credential', 'SignedHeaders', 'Signature', 'Date'].map(name => parameter(`X-Amz-${name}`) ?? '')
    : [authorization?.[1] ?? '', authorization?.[2] ?? '', authorization?.[3] ?? '', header('x-amz-date')]
  const [id = '', day = '', region = '', service = '', end = ''] = (credential ?? '').split('/')
  const secret = secrets[id]
  if (secret === undefined) return 'InvalidAccessKeyId'
  const at = Date.parse((time ?? '').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(at) || !time?.startsWith(day) || service !== 's3' || end !== 'aws4_request')
    return 'AuthorizationQueryParametersError'
  if (inQuery) {
    const seconds = Number(parameter('X-Amz-Expires'))
    if (!(seconds >= 1 && seconds <= LONGEST_SECONDS)) return 'AuthorizationQueryParametersError'
    if (now.getTime() > at + seconds * 1000 || now.getTime() < at - SKEW_MS) return 'AccessDenied'
  } else if (Math.abs(now.getTime() - at) > SKEW_MS) return 'RequestTimeTooSkewed'

  const signed = (names ?? '').split(';')
  // Everything S3 insists on being signed: the host, and every header of Amazon's own that is sent.
  if (!signed.includes('host')) return 'AccessDenied'
  if (Object.keys(headers).some(name => name.startsWith('x-amz-') && !signed.includes(name))) return 'AccessDenied'
  const hash = inQuery ? 'UNSIGNED-PAYLOAD' : header('x-amz-content-sha256')
  if (hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(body)) return 'XAmzContentSHA256Mismatch'

  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const canonicalQuery = query
    .filter(([key]) => key !== 'X-Amz-Signature')
    .map(([key, value = '']) => [encode(key), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(pair => pair.join('='))
    .join('&')
  const canonical = [
    method,
    rawPath
      .split('/')
      .map(part => encode(decodeURIComponent(part)))
      .join('/'),
    canonicalQuery,
    ...signed.map(name => `${name}:${header(name)}`),
    '',
    names,
    hash
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  let key: Buffer = Buffer.from(`AWS4${secret}`)
  for (const part of [day, region, 's3', 'aws4_request']) key = createHmac('sha256', key).update(part).digest()
  const right = createHmac('sha256', key)
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`)
    .digest()
  const got = Buffer.from(given ?? '', 'hex')
  return got.length === right.length && timingSafeEqual(got, right) ? undefined : 'SignatureDoesNotMatch'
}
