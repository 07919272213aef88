import { resolve } from 'node:path'
import { defineGateway, type SmsPort } from 'care-kernel'
import { Type } from 'typebox'
import { examine, idOf, makeFolder, writeOnce } from './outbox.ts'

export default defineGateway({
  port: 'sms',
  name: 'sms-log',
  summary: 'Text messages as files in a folder, for trying out',
  config: Type.Object(
    { directory: Type.String({ default: '.care/outbox/sms', minLength: 1, description: 'Folder of the files' }) },
    { additionalProperties: false }
  ),
  shared: true,
  async open({ directory }, { clock, logger }): Promise<SmsPort> {
    const folder = resolve(directory)
    await makeFolder(folder)
    let closed = false
    return {
      async send({ to, text, key }) {
        if (closed) throw new Error('the gateway is closed')
        if (to === '') throw new Error('the message has no recipient')
        const now = clock.now()
        const id = idOf(key, now)
        const content = `${JSON.stringify({ id, at: now.toISOString(), to, text, ...(key === undefined ? {} : { key }) }, undefined, 2)}\n`
        if (await writeOnce(folder, `${id}.json`, content)) logger.info({ id }, 'text message written')
        return { id }
      },
      check: () => makeFolder(folder),
      async close() {
        closed = true
      }
    }
  },
  doctor: async (port, { directory }) => examine(resolve(directory))
})
