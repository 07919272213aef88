import { GetIdentityVerificationAttributesCommand, GetSendQuotaCommand, SESClient } from '@aws-sdk/client-ses'
import { messageOf, type EmailPort } from 'care-kernel'
import { amazonCall, amazonClient, examineAmazon, isDeniedByAmazon, type Finding } from 'care-kernel/gateway'
import { addressOf } from './message.ts'
import type { SesSettings } from './settings.ts'

/** Daily quota of an account in the sandbox. */
const SANDBOX_QUOTA = 200
const NEARLY = 0.9

/** Findings of the doctor: whether SES is reachable, and where it is, quota and sender. */
export async function findings(port: EmailPort, config: SesSettings): Promise<Finding[]> {
  const reached = await examineAmazon('SES', 'email', port, config)
  return [...reached, ...(reached[0]?.ok ? await account(config) : [])]
}

/** Mails sent and allowed per day; undefined for a key without `ses:GetSendQuota`. */
export async function quota(client: SESClient, config: SesSettings): Promise<{ sent: number; of: number } | undefined> {
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

/** SES sends only from verified addresses or domains. */
async function findSender(client: SESClient, config: SesSettings): Promise<Finding> {
  const address = addressOf(config.from)
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const command = new GetIdentityVerificationAttributesCommand({ Identities: [address, domain] })
  const { VerificationAttributes: found = {} } = await client.send(command, amazonCall(config))
  const isVerified = [address, domain].some(identity => found[identity]?.VerificationStatus === 'Success')
  return {
    ok: isVerified,
    fact: `the sender ${isVerified ? 'is' : 'is not'} verified`,
    remedy: `verify ${domain} in SES, or send from a verified address (gateways.email.from)`
  }
}
