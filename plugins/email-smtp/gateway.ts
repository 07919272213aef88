import { createHash } from 'node:crypto'
import { messageOf, Refusal, secret, type EmailPort } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { createTransport, type SMTPSentMessageInfo, type SMTPTransportOptions, type Transporter } from 'nodemailer'
import { Type } from 'typebox'

const SMTPS = 465
/** Errors that are final with a 5xx reply (RFC 5321 §4.2.1): recipients or message refused. A refused login is not: it is the operator's to correct. */
const FINAL = new Set(['EENVELOPE', 'EMESSAGE'])

/** Reports the reply code only: nodemailer's errors of a refused message quote its recipients. */
function asRefusal(error: unknown): unknown {
  const { code = '', responseCode = 0 } = error as { readonly code?: string; readonly responseCode?: number }
  return FINAL.has(code) && responseCode >= 500 ? new Refusal(`the mail server refuses the message: ${responseCode}`) : error
}

const LOCAL = new Set(['localhost', '127.0.0.1', '::1'])

export default defineGateway({
  port: 'email',
  name: 'email-smtp',
  summary: 'A mail server, over SMTP',
  config: Type.Object(
    {
      host: Type.String({ minLength: 1 }),
      port: Type.Integer({ default: 587, minimum: 1, maximum: 65535 }),
      user: Type.String({ default: '', description: 'Empty: no login' }),
      password: secret({ default: '' }),
      tls: Type.Boolean({
        default: true,
        description: 'Refuse to send without encryption: SMTPS on port 465, STARTTLS on any other'
      }),
      from: Type.String({ minLength: 3, pattern: '@', description: 'Sender of every message: address, or Name <address>' }),
      timeoutSeconds: Type.Integer({
        default: 5,
        minimum: 1,
        maximum: 600,
        description: 'Longest wait for the server, per step'
      }),
      pooled: Type.Boolean({ default: true, description: 'Keep connections for the next message' })
    },
    { additionalProperties: false }
  ),
  shared: true,
  async open({ host, port, user, password, tls, from, timeoutSeconds, pooled }, { logger }): Promise<EmailPort> {
    const ms = timeoutSeconds * 1000
    const settings: SMTPTransportOptions = {
      host,
      port,
      secure: tls && port === SMTPS,
      requireTLS: tls,
      ignoreTLS: !tls,
      ...(user === '' ? {} : { auth: { user, pass: password } }),
      connectionTimeout: ms,
      greetingTimeout: ms,
      socketTimeout: ms,
      dnsTimeout: ms,
      disableFileAccess: true,
      disableUrlAccess: true
    }
    const transport: Transporter<SMTPSentMessageInfo> = pooled
      ? createTransport({ ...settings, pool: true, maxRequeues: 1 })
      : createTransport(settings)
    // A pooled connection that ends while idle is replaced by the next message.
    transport.on('error', (error: Error) => logger.debug({ reason: error.message }, 'a connection to the mail server ended'))
    const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'
    let closed = false
    return {
      async send({ to, subject, text, html, attachments, key }) {
        if (closed) throw new Error('the gateway is closed')
        const { messageId, rejected } = await transport
          .sendMail({
            from,
            to: [...to],
            subject,
            ...(text === undefined ? {} : { text }),
            ...(html === undefined ? {} : { html }),
            ...(key === undefined
              ? {}
              : { messageId: `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${domain}>` }),
            attachments: (attachments ?? []).map(({ filename, contentType, content }) => ({
              filename,
              contentType,
              content: Buffer.from(content)
            }))
          })
          .catch((error: unknown) => {
            throw asRefusal(error)
          })
        // Other recipients have the mail already: a retry would send it to them again.
        if (rejected?.length)
          logger.warn({ id: messageId, refused: rejected.length }, 'the mail server refused some of the recipients')
        return { id: messageId }
      },
      async check() {
        if (closed) throw new Error('the gateway is closed')
        await transport.verify()
      },
      async close() {
        closed = true
        transport.close()
      }
    }
  },
  async doctor(port, { host, port: number, user, tls }) {
    const reached = await port.check().then(() => undefined, messageOf)
    const exposed = !tls && user !== '' && !LOCAL.has(host)
    return [
      {
        ok: reached === undefined,
        fact:
          reached === undefined
            ? `${host}:${number} accepts ${user === '' ? 'connections' : 'the login'}`
            : `${host}:${number}: ${reached}`,
        remedy: 'correct host, port, user and password under gateways.email, and check that the port is open'
      },
      {
        ok: !exposed,
        fact: exposed ? 'the password travels unencrypted' : tls ? 'encryption is required' : 'no encryption',
        remedy: 'set gateways.email.tls to true'
      }
    ]
  }
})
