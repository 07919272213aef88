import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a browser got, and with which headers the application sent it. */
export interface Pushed {
  readonly browser: string
  readonly payload: unknown
  readonly topic: string
  readonly subject: string
}

/** A push service that keeps what it delivers (RFC 8030, 8188, 8291, 8292): signatures are verified, payloads decrypted as a browser does. */
export interface PushService {
  readonly pushed: Pushed[]
  /** The status it answers instead; `hang` answers nothing. */
  fault: number | 'hang' | undefined
  /** A browser subscribes: what it registers with the application, in standard base64 as the front end does. */
  subscribe(browser: string): { pf_endpoint: string; pf_p256dh: string; pf_auth: string }
  stop(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 for the application with this VAPID key. */
export async function startPushService(vapidPublicKey: string): Promise<PushService> {
  const browsers = new Map<string, { ecdh: ReturnType<typeof createECDH>; auth: Buffer }>()
  const pushed: Pushed[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (service.fault === 'hang') return
      if (service.fault) return void response.writeHead(service.fault).end('no')
      const name = request.url?.slice(1) ?? ''
      const browser = browsers.get(name)
      const { headers } = request
      const claims = vapidClaims(headers.authorization ?? '', vapidPublicKey)
      if (!browser) return void response.writeHead(410).end()
      if (claims?.aud !== origin() || headers['content-encoding'] !== 'aes128gcm' || !Number(headers.ttl))
        return void response.writeHead(403).end()
      const payload = JSON.parse(decrypt(Buffer.concat(chunks), browser).toString()) as unknown
      pushed.push({ browser: name, payload, topic: String(headers.topic), subject: claims.sub })
      response.writeHead(201).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const service: PushService = {
    pushed,
    fault: undefined,
    subscribe(browser) {
      const ecdh = createECDH('prime256v1')
      const auth = randomBytes(16)
      browsers.set(browser, { ecdh, auth })
      return {
        pf_endpoint: `${origin()}/${browser}`,
        pf_p256dh: ecdh.generateKeys('base64'),
        pf_auth: auth.toString('base64')
      }
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
  return service
}

/** Claims of `vapid t=<jwt>, k=<key>`, where the application of this key signed them and they are not over. */
function vapidClaims(header: string, publicKey: string): { aud: string; sub: string } | undefined {
  const [, token = '', key] = /^vapid t=([^,]+), k=(.+)$/.exec(header) ?? []
  const [head = '', body = '', signature = ''] = token.split('.')
  const point = Buffer.from(publicKey, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(part => part.toString('base64url')) as [string, string]
  const jwk = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: jwk, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url')
  )
  if (!isSigned || key !== publicKey) return undefined
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { aud: string; sub: string; exp: number }
  return claims.exp * 1000 > new Date().getTime() ? claims : undefined
}

/** aes128gcm of one record, with the keys of Web Push. */
function decrypt(body: Buffer, { ecdh, auth }: { ecdh: ReturnType<typeof createECDH>; auth: Buffer }): Buffer {
  const salt = body.subarray(0, 16)
  const length = body.readUInt8(20)
  const sender = body.subarray(21, 21 + length)
  const sealed = body.subarray(21 + length)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender])
  const ikm = Buffer.from(hkdfSync('sha256', ecdh.computeSecret(sender), auth, info, 32))
  const part = (name: string, size: number) =>
    Buffer.from(hkdfSync('sha256', ikm, salt, Buffer.from(`Content-Encoding: ${name}\0`), size))
  const cipher = createDecipheriv('aes-128-gcm', part('aes128gcm', 16), part('nonce', 12))
  cipher.setAuthTag(sealed.subarray(-16))
  const padded = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
  return padded.subarray(0, padded.lastIndexOf(2))
}
