import type { AuthSettings } from './settings.ts'

const VERIFY_URL = 'https://www.google.com/recaptcha/api/siteverify'
const TIMEOUT_MS = 5000

/** Asks the captcha provider whether the one in a body was solved; without a key in the settings none ever is. */
export class Captcha {
  readonly #secret: string | undefined

  constructor({ config }: { config: AuthSettings }) {
    this.#secret = config.captchaSecretKey
  }

  /** Contract auth-users §1.11. An outage of the provider counts as not solved. */
  async solved(body: unknown): Promise<boolean> {
    const response = (body as Record<string, unknown> | undefined)?.['g-recaptcha-response']
    if (!this.#secret || typeof response !== 'string') return false
    try {
      const answer = await fetch(VERIFY_URL, {
        method: 'POST',
        body: new URLSearchParams({ secret: this.#secret, response }),
        signal: AbortSignal.timeout(TIMEOUT_MS)
      })
      return ((await answer.json()) as { success?: boolean }).success === true
    } catch {
      return false
    }
  }
}
