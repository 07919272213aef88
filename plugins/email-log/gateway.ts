import type { EmailPort } from 'care-kernel'
import { defineGateway, messageFolder, messageId } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { render } from './message.ts'

export default defineGateway({
  port: 'email',
  name: 'email-log',
  summary: 'Mail as files in a folder, for development',
  config: Type.Object(
    {
      directory: Type.String({ default: '.care/outbox/email', minLength: 1, description: 'Folder of the files' }),
      from: Type.String({ default: 'Care <care@localhost>', minLength: 1, description: 'Sender of every message' })
    },
    { additionalProperties: false }
  ),
  shared: true,
  async open({ directory, from }, { clock, logger }): Promise<EmailPort> {
    const folder = messageFolder(directory)
    await folder.check()
    let closed = false
    return {
      async send(email) {
        if (closed) throw new Error('the gateway is closed')
        if (email.to.length === 0) throw new Error('the message has no recipients')
        const now = clock.now()
        const id = messageId(email.key, now)
        if (await folder.write(`${id}.eml`, render(email, { id, from, date: now }))) logger.info({ id }, 'mail written')
        return { id }
      },
      check: folder.check,
      async close() {
        closed = true
      }
    }
  },
  doctor: async (port, { directory }) => messageFolder(directory).examine()
})
