import { SendRawEmailCommand, SESClient } from '@aws-sdk/client-ses'
import type { EmailPort } from 'care-kernel'
import { amazonCall, amazonClient, amazonErrors, defineGateway } from 'care-kernel/gateway'
import { findings, quota } from './findings.ts'
import { mimeMessage } from './message.ts'
import { Settings } from './settings.ts'

/** SES refuses for good: an invalid address or one on the suppression list, and a message it rejects. */
const asRefusal = amazonErrors('SES', new Set(['MessageRejected', 'InvalidParameterValue', 'InvalidParameter']))

export default defineGateway({
  port: 'email',
  name: 'email-ses',
  summary: 'Mail through Amazon SES',
  config: Settings,
  shared: true,
  async open(config, { logger }): Promise<EmailPort> {
    const client = new SESClient(amazonClient(config))
    let closed = false
    return {
      async send(email) {
        if (closed) throw new Error('the gateway is closed')
        if (email.to.length === 0) throw new Error('the message has no recipients')
        const send = new SendRawEmailCommand({
          Source: config.from,
          // Explicit, so that no header of the message adds a recipient.
          Destinations: [...email.to],
          RawMessage: { Data: await mimeMessage(email, config.from) },
          ...(config.configurationSet === '' ? {} : { ConfigurationSetName: config.configurationSet })
        })
        const { MessageId: id } = await client.send(send, amazonCall(config)).catch((error: unknown) => {
          throw asRefusal(error)
        })
        if (!id) throw new Error('SES answered without a message id')
        logger.debug({ id }, 'mail accepted')
        return { id }
      },
      async check() {
        if (closed) throw new Error('the gateway is closed')
        await quota(client, config)
      },
      async close() {
        closed = true
        client.destroy()
      }
    }
  },
  doctor: findings
})
