import { GetSMSAttributesCommand, GetSMSSandboxAccountStatusCommand, PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import { defineGateway, messageOf, type Finding, type SmsPort } from 'care-kernel'
import { connect, isDenied, Settings, told, within, type SnsSettings } from './service.ts'

export default defineGateway({
  port: 'sms',
  name: 'sms-sns',
  summary: 'Text messages through Amazon SNS',
  config: Settings,
  shared: true,
  async open(config, { logger }): Promise<SmsPort> {
    const client = connect(config)
    const attributes = Object.entries(config.attributes)
    let closed = false
    return {
      async send({ to, text }) {
        if (closed) throw new Error('the gateway is closed')
        if (to === '') throw new Error('the message has no recipient')
        const publish = new PublishCommand({
          PhoneNumber: to,
          Message: text,
          ...(attributes.length === 0
            ? {}
            : {
                MessageAttributes: Object.fromEntries(
                  attributes.map(([name, value]) => [name, { DataType: 'String', StringValue: value }])
                )
              })
        })
        const { MessageId: id } = await client.send(publish, within(config)).catch((error: unknown) => {
          throw told(error)
        })
        if (!id) throw new Error('SNS answered without a message id')
        logger.debug({ id }, 'text message accepted')
        return { id }
      },
      async check() {
        if (closed) throw new Error('the gateway is closed')
        await reach(client, config)
      },
      async close() {
        closed = true
        client.destroy()
      }
    }
  },
  async doctor(port, config) {
    const { region, endpoint } = config
    const reached = await port.check().then(() => undefined, messageOf)
    return [
      {
        ok: reached === undefined,
        fact: reached === undefined ? `SNS in ${region} accepts the credentials` : `SNS in ${region}: ${reached}`,
        remedy: 'correct region, accessKeyId and secretAccessKey under gateways.sms, and let the machine reach SNS on port 443'
      },
      ...(endpoint.startsWith('http:')
        ? [{ ok: false, fact: 'messages travel unencrypted', remedy: 'give gateways.sms.endpoint with https' }]
        : []),
      ...(reached === undefined ? [await sandbox(config)] : [])
    ]
  }
})

/** Whether SNS answers and knows the key. One that may only publish is denied the question, and that is an answer. */
async function reach(client: SNSClient, config: SnsSettings): Promise<void> {
  await client
    .send(new GetSMSAttributesCommand({ attributes: ['MonthlySpendLimit'] }), within(config))
    .catch((error: unknown) => {
      if (!isDenied(error)) throw error
    })
}

async function sandbox(config: SnsSettings): Promise<Finding> {
  const client = connect(config)
  try {
    const { IsInSandbox: isIn } = await client.send(new GetSMSSandboxAccountStatusCommand({}), within(config))
    return {
      ok: isIn !== true,
      fact: isIn
        ? 'the account is in the SMS sandbox: only verified numbers get messages'
        : 'the account is out of the SMS sandbox',
      remedy: 'ask AWS to move the account out of the SMS sandbox'
    }
  } catch (error) {
    return {
      ok: isDenied(error),
      fact: isDenied(error) ? 'the key may not ask whether the account is in the SMS sandbox' : messageOf(error),
      remedy: 'run the doctor again once SNS answers'
    }
  } finally {
    client.destroy()
  }
}
