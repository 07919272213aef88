import {
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  SendRawEmailCommand,
  SESClient
} from '@aws-sdk/client-ses'
import { messageOf, type EmailPort } from 'care-kernel'
import { amazonCall, amazonClient, defineGateway, examineAmazon, isDeniedByAmazon, type Finding } from 'care-kernel/gateway'
import { addressOf, compose } from './compose.ts'
import { Settings, told, type SesSettings } from './service.ts'

/** What an account in the sandbox may send a day. */
const SANDBOX_QUOTA = 200
const NEARLY = 0.9

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
          // Said here, so that nothing a header holds adds a recipient.
          Destinations: [...email.to],
          RawMessage: { Data: await compose(email, config.from) },
          ...(config.configurationSet === '' ? {} : { ConfigurationSetName: config.configurationSet })
        })
        const { MessageId: id } = await client.send(send, amazonCall(config)).catch((error: unknown) => {
          throw told(error)
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
  async doctor(port, config) {
    const findings = await examineAmazon('SES', 'email', port, config)
    return [...findings, ...(findings[0]?.ok ? await account(config) : [])]
  }
})

/** The account's day; undefined for a key that may only send, and is denied the question. */
async function quota(client: SESClient, config: SesSettings): Promise<{ sent: number; of: number } | undefined> {
  try {
    const { SentLast24Hours: sent = 0, Max24HourSend: of = 0 } = await client.send(
      new GetSendQuotaCommand({}),
      amazonCall(config)
    )
    return { sent, of }
  } catch (error) {
    if (isDeniedByAmazon(error)) return undefined
    throw error
  }
}

async function account(config: SesSettings): Promise<Finding[]> {
  const client = new SESClient(amazonClient(config))
  try {
    return [await findQuota(client, config), await findSender(client, config)]
  } catch (error) {
    return [{ ok: isDeniedByAmazon(error), fact: `SES does not say more: ${messageOf(error)}`, remedy: 'run the doctor again' }]
  } finally {
    client.destroy()
  }
}

async function findQuota(client: SESClient, config: SesSettings): Promise<Finding> {
  const day = await quota(client, config)
  if (!day) return { ok: true, fact: 'the key may not ask for the quota (ses:GetSendQuota)' }
  const { sent, of } = day
  // -1 is no limit.
  const isFine = of < 0 || (of > SANDBOX_QUOTA && sent < of * NEARLY)
  return {
    ok: isFine,
    fact: `${sent} of ${of < 0 ? 'any number of' : of} mails a day are sent${of === SANDBOX_QUOTA ? ': the account is in the sandbox' : ''}`,
    remedy: 'ask AWS to move the account out of the sandbox, or for a higher quota'
  }
}

/** SES sends only for addresses, or domains of addresses, that it has verified. */
async function findSender(client: SESClient, config: SesSettings): Promise<Finding> {
  const address = addressOf(config.from)
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const ask = new GetIdentityVerificationAttributesCommand({ Identities: [address, domain] })
  const { VerificationAttributes: found = {} } = await client.send(ask, amazonCall(config))
  const isVerified = [address, domain].some(identity => found[identity]?.VerificationStatus === 'Success')
  return {
    ok: isVerified,
    fact: `the sender ${isVerified ? 'is' : 'is not'} verified`,
    remedy: `verify ${domain} in SES, or send from a verified address (gateways.email.from)`
  }
}
