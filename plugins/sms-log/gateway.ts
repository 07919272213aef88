import type { SmsPort } from 'care-kernel'
import { defineGateway, messageFolder, messageId } from 'care-kernel/gateway'
import { Type } from 'typebox'

export default defineGateway({
  port: 'sms',
  name: 'sms-log',
  summary: 'SMS as files in a folder, for development',
  config: Type.Object(
    { directory: Type.String({ default: '.care/outbox/sms', minLength: 1, description: 'Folder of the files' }) },
    { additionalProperties: false }
  ),
  shared: true,
  async open({ directory }, { clock, logger }): Promise<SmsPort> {
    const folder = messageFolder(directory)
    await folder.check()
    let closed = false
    return {
      async send({ to, text, key }) {
        if (closed) throw new Error('the gateway is closed')
        if (to === '') throw new Error('the message has no recipient')
        const now = clock.now()
        const id = messageId(key, now)
        const content = `${JSON.stringify({ id, at: now.toISOString(), to, text, ...(key === undefined ? {} : { key }) }, undefined, 2)}\n`
        if (await folder.write(`${id}.json`, content)) logger.info({ id }, 'text message written')
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
