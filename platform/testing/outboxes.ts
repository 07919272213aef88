import { Type } from 'typebox'
import { defineGateway, type Gateway } from '../../kernel/plugin/gateway.ts'
import type { Email } from '../../kernel/ports/email.ts'
import type { Sms } from '../../kernel/ports/sms.ts'

/** Gateways that keep what would have been sent. */
export function capturingGateways(): { gateways: Record<string, Gateway>; mail: Email[]; sms: Sms[] } {
  const mail: Email[] = []
  const sms: Sms[] = []
  const make = <P extends 'email' | 'sms', M extends { key?: string }>(port: P, sent: M[]) =>
    defineGateway({
      port,
      name: `${port}-capture`,
      summary: 'Keeps what would have been sent',
      config: Type.Object({}),
      shared: true,
      open: async () =>
        ({
          async send(message: unknown) {
            const given = message as M
            if (!given.key || !sent.some(({ key }) => key === given.key)) sent.push(given)
            return { id: String(sent.length) }
          },
          check: async () => undefined,
          close: async () => undefined
        }) as never
    })
  return { gateways: { 'email-capture': make('email', mail), 'sms-capture': make('sms', sms) }, mail, sms }
}
