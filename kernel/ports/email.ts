/** One message. `key` is the same for a repeat of the same message: a gateway that can drops the repeat. */
export interface Email {
  readonly to: readonly string[]
  readonly subject: string
  readonly text?: string
  readonly html?: string
  readonly attachments?: readonly { readonly filename: string; readonly contentType: string; readonly content: Uint8Array }[]
  readonly key?: string
}

/** Port `email`. Gateways: `email-log`, `email-smtp`, `email-ses`. */
export interface EmailPort {
  /** Resolves with the provider's message id once the provider has accepted it; rejects otherwise, with a `Refusal` where trying again is of no use. */
  send(email: Email): Promise<{ id: string }>
  check(): Promise<void>
  close(): Promise<void>
}
