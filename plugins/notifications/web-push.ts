import { isIP } from 'node:net'
import webPush from 'web-push'
import type { DeclaredScope } from './scope.ts'

/** A browser that wants to hear, as it registered itself; its keys in either alphabet of base64. */
export interface Subscription {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

/** What became of a push: delivered to the push service, the browser is gone, or the service does not take it. */
export type Outcome = 'sent' | 'gone' | 'refused'

const TIMEOUT_MS = 5000
/** How long a push service keeps it for a browser that is away. */
const LIFE_SECONDS = 86_400
const GONE = new Set([404, 410])
const LATER = new Set([408, 425, 429])

/** Pushes to browsers through the push service that each of them named (contract gateways-jobs §7). */
export class WebPush {
  readonly #keys: { readonly subject: string; readonly publicKey: string; readonly privateKey: string } | undefined
  readonly #isOpen: boolean

  constructor({ config, deployment }: DeclaredScope) {
    const { vapidPublicKey: publicKey, vapidPrivateKey: privateKey, vapidSubject: subject } = config
    this.#keys = publicKey && privateKey ? { subject, publicKey, privateKey } : undefined
    this.#isOpen = deployment.environment === 'development'
  }

  /** Whether the deployment has keys. */
  get isOn(): boolean {
    return this.#keys !== undefined
  }

  /** What browsers subscribe with; empty where push is off. */
  get publicKey(): string {
    return this.#keys?.publicKey ?? ''
  }

  /** Rejects where it is worth trying again. A repeat of a `topic` replaces what the service has not delivered yet. */
  async send({ endpoint, p256dh, auth }: Subscription, payload: object, topic: string): Promise<Outcome> {
    const keys = { p256dh: urlSafe(p256dh), auth: urlSafe(auth) }
    const vapidDetails = this.#keys
    if (!vapidDetails || !this.#mayCall(endpoint)) return 'refused'
    const request = attempt(() =>
      webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(payload), {
        vapidDetails,
        TTL: LIFE_SECONDS,
        urgency: 'high',
        topic
      })
    )
    if (!request) return 'refused'
    // Node counts the bytes itself.
    const headers = new Headers(request.headers)
    headers.delete('content-length')
    const answer = await fetch(endpoint, {
      method: request.method,
      headers,
      body: new Uint8Array(request.body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS)
    }).catch((error: unknown) => {
      // The address is the browser's secret: only the reason is told.
      const { cause, name } = error as { readonly cause?: { readonly code?: string }; readonly name: string }
      throw new Error(`the push service does not answer: ${cause?.code ?? name}`)
    })
    await answer.body?.cancel()
    if (answer.ok) return 'sent'
    if (GONE.has(answer.status)) return 'gone'
    if (answer.status >= 500 || LATER.has(answer.status)) throw new Error(`the push service answers ${answer.status}`)
    return 'refused'
  }

  /** A user names the address, so it shall not lead into our own network: https to a public name, anything in development. */
  #mayCall(endpoint: string): boolean {
    const url = attempt(() => new URL(endpoint))
    if (!url || this.#isOpen) return url !== undefined
    return url.protocol === 'https:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 && url.hostname.includes('.')
  }
}

const urlSafe = (key: string) => key.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

/** Undefined for what somebody else's data makes fail. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
