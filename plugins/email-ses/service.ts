import { SESClient } from '@aws-sdk/client-ses'
import { Refusal, secret } from 'care-kernel'
import { Type, type Static } from 'typebox'

/** Settings of the gateway. */
export const Settings = Type.Object(
  {
    region: Type.String({ default: 'ap-south-1', minLength: 1 }),
    accessKeyId: Type.String({ default: '', description: "Empty: the machine's own role, as the AWS SDK finds it" }),
    secretAccessKey: secret({ default: '' }),
    endpoint: Type.String({ default: '', description: 'Another address than the region’s: a VPC endpoint, an emulator' }),
    from: Type.String({ minLength: 3, pattern: '@', description: 'Sender of every message: address, or Name <address>' }),
    configurationSet: Type.String({ default: '', description: 'Where SES reports deliveries, bounces and complaints' }),
    timeoutSeconds: Type.Integer({ default: 10, minimum: 1, maximum: 120, description: 'Longest wait for an answer' })
  },
  { additionalProperties: false }
)

export type SesSettings = Static<typeof Settings>

/** What SES refuses for good, by error code: an address that is none or is on the suppression list, a message it does not take. */
const FINAL = new Set(['MessageRejected', 'InvalidParameterValue', 'InvalidParameter'])
const DENIED = new Set(['AccessDenied', 'AuthorizationError'])

/** A client that tries once: whoever sends knows when to try again. */
export function connect({ region, accessKeyId, secretAccessKey, endpoint, timeoutSeconds }: SesSettings): SESClient {
  return new SESClient({
    region,
    maxAttempts: 1,
    ...(accessKeyId === '' ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    ...(endpoint === '' ? {} : { endpoint }),
    requestHandler: { connectionTimeout: timeoutSeconds * 1000, requestTimeout: timeoutSeconds * 1000 }
  })
}

/** The end of one call, however slowly the answer drips. */
export const within = ({ timeoutSeconds }: SesSettings) => ({ abortSignal: AbortSignal.timeout(timeoutSeconds * 1000) })

/** Whether the key is known and may not do this. */
export const isDenied = (error: unknown): boolean => DENIED.has(codeOf(error))

/** The error of a refused or failed message. SES quotes addresses in its texts: only the code is told. */
export function told(error: unknown): Error {
  const code = codeOf(error)
  return FINAL.has(code) ? new Refusal(`SES refuses the message: ${code}`) : new Error(`SES: ${code}`)
}

/** `MessageRejected`, `Throttling` …: the SDK appends Exception to some of the codes it knows. */
function codeOf(error: unknown): string {
  const { name = 'unknown', code } = error as { readonly name?: string; readonly code?: unknown }
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time'
  return typeof code === 'string' && name === 'Error' ? code : name.replace(/Exception$/, '')
}
