import { isIP } from 'node:net'
import type { ScopeOf } from 'care-kernel'
import webPush from 'web-push'
import type { manifest } from './manifest.ts'

/** A browser's subscription as it registered it; keys in base64 or base64url. */
export interface Subscription {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

/** Outcome of a push: accepted by the push service, the subscription no longer exists, or the service refuses it for good. */
export type Outcome = 'sent' | 'gone' | 'refused'

const TIMEOUT_MS = 5000
/** How long a push service keeps a push for an offline browser. */
const TTL_SECONDS = 86_400
const GONE = new Set([404, 410])
const RETRY = new Set([408, 425, 429])

/** Web push to browsers, through the push service named by each subscription (`docs/api/gateways-jobs.md §7`). */
export class WebPush {
  readonly #keys: { readonly subject: string; readonly publicKey: string; readonly privateKey: string } | undefined
  readonly #isOpen: boolean

  constructor({ config, deployment }: ScopeOf<typeof manifest>) {
    const { vapidPublicKey: publicKey, vapidPrivateKey: privateKey, vapidSubject: subject } = config
    this.#keys = publicKey && privateKey ? { subject, publicKey, privateKey } : undefined
    this.#isOpen = deployment.environment === 'development'
  }

  /** Whether the deployment has keys. */
  get isOn(): boolean {
    return this.#keys !== undefined
  }

  /** The VAPID public key that browsers subscribe with; empty where push is off. */
  get publicKey(): string {
    return this.#keys?.publicKey ?? ''
  }

  /** Sends one push; rejects where a retry may succeed. Another push with the same `topic` replaces one not delivered yet. */
  async send({ endpoint, p256dh, auth }: Subscription, payload: object, topic: string): Promise<Outcome> {
    const keys = { p256dh: urlSafe(p256dh), auth: urlSafe(auth) }
    const vapidDetails = this.#keys
    if (!vapidDetails || !this.#mayCall(endpoint)) return 'refused'
    const request = attempt(() =>
      webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(payload), {
        vapidDetails,
        TTL: TTL_SECONDS,
        urgency: 'high',
        topic
      })
    )
    if (!request) return 'refused'
    // fetch sets it.
    const headers = new Headers(request.headers)
    headers.delete('content-length')
    const answer = await fetch(endpoint, {
      method: request.method,
      headers,
      body: new Uint8Array(request.body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS)
    }).catch((error: unknown) => {
      // The endpoint is a secret of the browser, so the error names only the reason.
      const { cause, name } = error as { readonly cause?: { readonly code?: string }; readonly name: string }
      throw new Error(`the push service does not answer: ${cause?.code ?? name}`)
    })
    await answer.body?.cancel()
    if (answer.ok) return 'sent'
    if (GONE.has(answer.status)) return 'gone'
    if (answer.status >= 500 || RETRY.has(answer.status)) throw new Error(`the push service answers ${answer.status}`)
    return 'refused'
  }

  /** Endpoints are user input, so they must not reach the internal network (SSRF): https to a public name, any URL in development. */
  #mayCall(endpoint: string): boolean {
    const url = attempt(() => new URL(endpoint))
    if (!url || this.#isOpen) return url !== undefined
    return url.protocol === 'https:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 && url.hostname.includes('.')
  }
}

const urlSafe = (key: string) => key.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

/** Undefined where invalid user input makes it throw. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
