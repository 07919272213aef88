import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/** A mail server that keeps what it accepts, and refuses addresses that begin with `refused@`. */
export interface MailServer {
  readonly port: number
  /** Messages as they travelled. */
  readonly messages: readonly Buffer[]
  stop(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 without encryption and asks for a login. */
export async function startMailServer(login: { user: string; password: string }): Promise<MailServer> {
  const messages: Buffer[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    onAuth({ username, password }, session, done) {
      if (username === login.user && password === login.password) done(null, { user: username })
      else done(new Error('wrong login'))
    },
    onRcptTo({ address }, session, done) {
      done(address.startsWith('refused@') ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null)
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        messages.push(Buffer.concat(chunks))
        done()
      })
    }
  })
  server.on('error', () => undefined)
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    port: (listening.address() as AddressInfo).port,
    messages,
    stop: () => new Promise(resolve => server.close(() => resolve()))
  }
}
