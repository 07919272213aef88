import { SNSClient } from '@aws-sdk/client-sns'
import { Refusal, secret } from 'care-kernel'
import { Type, type Static } from 'typebox'

/** Settings of the gateway. */
export const Settings = Type.Object(
  {
    region: Type.String({ default: 'ap-south-1', minLength: 1 }),
    accessKeyId: Type.String({
      default: '',
      description: "Empty: the machine's own role, as the AWS SDK finds it (SNS_ACCESS_KEY)"
    }),
    secretAccessKey: secret({ default: '', description: 'SNS_SECRET_KEY' }),
    endpoint: Type.String({ default: '', description: 'Another address than the region’s: a VPC endpoint, an emulator' }),
    timeoutSeconds: Type.Integer({ default: 5, minimum: 1, maximum: 60, description: 'Longest wait for an answer' }),
    attributes: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Sent along with every message: AWS.SNS.SMS.SenderID, AWS.MM.SMS.EntityId …'
    })
  },
  { additionalProperties: false }
)

export type SnsSettings = Static<typeof Settings>

/** What SNS refuses for good, by error code: the number cannot get messages, or the message cannot be sent. */
const FINAL = new Set(['InvalidParameter', 'InvalidParameterValue', 'ParameterValueInvalid', 'OptedOut', 'EndpointDisabled'])
const DENIED = new Set(['AuthorizationError', 'AccessDenied'])

/** A client that tries once: whoever sends knows when to try again. */
export function connect({ region, accessKeyId, secretAccessKey, endpoint, timeoutSeconds }: SnsSettings): SNSClient {
  return new SNSClient({
    region,
    maxAttempts: 1,
    ...(accessKeyId === '' ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    ...(endpoint === '' ? {} : { endpoint }),
    requestHandler: { connectionTimeout: timeoutSeconds * 1000, requestTimeout: timeoutSeconds * 1000 }
  })
}

/** The end of one call, however slowly the answer drips. */
export const within = ({ timeoutSeconds }: SnsSettings) => ({ abortSignal: AbortSignal.timeout(timeoutSeconds * 1000) })

/** Whether the key is known and may not do this. */
export const isDenied = (error: unknown): boolean => DENIED.has(codeOf(error))

/** The error of a refused or failed message. SNS quotes the number in its texts: only the code is told. */
export function told(error: unknown): Error {
  const code = codeOf(error)
  return FINAL.has(code) ? new Refusal(`SNS refuses the message: ${code}`) : new Error(`SNS: ${code}`)
}

/** `OptedOut`, `Throttled` …: the SDK appends Exception to the codes it knows. */
function codeOf(error: unknown): string {
  const { name = 'unknown', code } = error as { readonly name?: string; readonly code?: unknown }
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time'
  return typeof code === 'string' && name === 'Error' ? code : name.replace(/Exception$/, '')
}
