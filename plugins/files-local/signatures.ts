import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignedDownload, SignedUpload } from 'care-kernel/gateway'

/** What a valid address allows. */
export interface Grant {
  readonly contentType?: string
  readonly size?: number
  readonly version?: string
  readonly disposition?: string
}

/** Signs and checks the query of addresses: the method, the path and every parameter are in the signature. */
export interface Signatures {
  /** `path?query`, relative to the server's address. */
  sign(path: string, use: { readonly upload: SignedUpload } | { readonly download: SignedDownload }, now: Date): string
  /** What a request may do; undefined where the address was signed for another method, was changed, or has expired. */
  check(method: string, url: string, now: Date): Grant | undefined
}

const MARK = '&signature='
const seconds = (at: Date) => Math.floor(at.getTime() / 1000)

/** The key is derived from the deployment's secret, so that all processes and later starts accept the addresses. */
export function makeSignatures(secretKey: string): Signatures {
  const key = createHmac('sha256', secretKey).update('care-kernel files-local addresses').digest()
  const signatureOf = (method: string, url: string) => createHmac('sha256', key).update(`${method}\n${url}`).digest('base64url')

  return {
    sign(path, use, now) {
      const upload = 'upload' in use
      const grant: SignedUpload | SignedDownload = upload ? use.upload : use.download
      const query = new URLSearchParams({ expires: String(seconds(now) + grant.seconds) })
      if (grant.contentType !== undefined) query.set('type', grant.contentType)
      if (upload && use.upload.size !== undefined) query.set('size', String(use.upload.size))
      if (!upload && use.download.version !== undefined) query.set('version', use.download.version)
      if (!upload && use.download.disposition !== undefined) query.set('disposition', use.download.disposition)
      const url = `${path}?${query.toString()}`
      return `${url}${MARK}${signatureOf(upload ? 'PUT' : 'GET', url)}`
    },
    check(method, url, now) {
      const end = url.lastIndexOf(MARK)
      if (end < 0) return undefined
      const signed = url.slice(0, end)
      const [given, right] = [url.slice(end + MARK.length), signatureOf(method, signed)].map(text => Buffer.from(text))
      if (!given || !right || given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      const query = new URLSearchParams(signed.slice(signed.indexOf('?') + 1))
      if (!(Number(query.get('expires')) >= seconds(now))) return undefined
      const [type, size, version, disposition] = ['type', 'size', 'version', 'disposition'].map(name => query.get(name))
      return {
        ...(type ? { contentType: type } : {}),
        ...(size ? { size: Number(size) } : {}),
        ...(version ? { version } : {}),
        ...(disposition ? { disposition } : {})
      }
    }
  }
}
