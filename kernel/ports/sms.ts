/** One text message. `to` is in international form (`+91…`). */
export interface Sms {
  readonly to: string
  readonly text: string
  readonly key?: string
}

/** Port `sms`. Gateways: `sms-log`, `sms-sns`. */
export interface SmsPort {
  /** Resolves with the provider's message id once the provider has accepted it; rejects otherwise, with a `Refusal` where trying again is of no use. */
  send(sms: Sms): Promise<{ id: string }>
  check(): Promise<void>
  close(): Promise<void>
}
