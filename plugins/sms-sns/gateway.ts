import { GetSMSAttributesCommand, GetSMSSandboxAccountStatusCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { messageOf, type SmsPort } from 'care-kernel'
import {
  amazonCall,
  amazonClient,
  amazonErrors,
  defineGateway,
  examineAmazon,
  isDeniedByAmazon,
  type Finding
} from 'care-kernel/gateway'
import { Settings, type SnsSettings } from './settings.ts'

/** SNS refuses for good: a number that cannot receive SMS, and an invalid message. */
const asRefusal = amazonErrors(
  'SNS',
  new Set(['InvalidParameter', 'InvalidParameterValue', 'ParameterValueInvalid', 'OptedOut', 'EndpointDisabled'])
)

export default defineGateway({
  port: 'sms',
  name: 'sms-sns',
  summary: 'Text messages through Amazon SNS',
  config: Settings,
  shared: true,
  async open(config, { logger }): Promise<SmsPort> {
    const client = new SNSClient(amazonClient(config))
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
        const { MessageId: id } = await client.send(publish, amazonCall(config)).catch((error: unknown) => {
          throw asRefusal(error)
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
    const findings = await examineAmazon('SNS', 'sms', port, config)
    return [...findings, ...(findings[0]?.ok ? [await sandbox(config)] : [])]
  }
})

/** Resolves where SNS answers and accepts the key; a denied `GetSMSAttributes` is an answer, too. */
async function reach(client: SNSClient, config: SnsSettings): Promise<void> {
  await client
    .send(new GetSMSAttributesCommand({ attributes: ['MonthlySpendLimit'] }), amazonCall(config))
    .catch((error: unknown) => {
      if (!isDeniedByAmazon(error)) throw error
    })
}

async function sandbox(config: SnsSettings): Promise<Finding> {
  const client = new SNSClient(amazonClient(config))
  try {
    const { IsInSandbox: isIn } = await client.send(new GetSMSSandboxAccountStatusCommand({}), amazonCall(config))
    return {
      ok: isIn !== true,
      fact: isIn
        ? 'the account is in the SMS sandbox: only verified numbers get messages'
        : 'the account is out of the SMS sandbox',
      remedy: 'ask AWS to move the account out of the SMS sandbox'
    }
  } catch (error) {
    return {
      ok: isDeniedByAmazon(error),
      fact: isDeniedByAmazon(error) ? 'the key may not ask whether the account is in the SMS sandbox' : messageOf(error),
      remedy: 'run the doctor again once SNS answers'
    }
  } finally {
    client.destroy()
  }
}
