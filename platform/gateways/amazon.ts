import { Type, type Static } from 'typebox'
import { secret } from '../../kernel/config/schema.ts'
import { messageOf } from '../../kernel/plugin/problems.ts'
import type { Finding } from '../../kernel/plugin/gateway.ts'
import { Refusal } from '../../kernel/ports/refusal.ts'

/** Settings that every gateway to a service of Amazon has. */
export const amazonSettings = {
  region: Type.String({ default: 'ap-south-1', minLength: 1 }),
  accessKeyId: Type.String({ default: '', description: "Empty: the machine's own role, as the AWS SDK finds it" }),
  secretAccessKey: secret({ default: '' }),
  endpoint: Type.String({ default: '', description: 'Another address than the region’s: a VPC endpoint, an emulator' })
}

interface Reached extends Static<ReturnType<typeof Type.Object<typeof amazonSettings>>> {
  /** Longest wait for an answer. */
  readonly timeoutSeconds: number
}

const DENIED = new Set(['AccessDenied', 'AuthorizationError'])

/** Options of a client of the AWS SDK that tries once: the job that sends decides when to retry. */
export function amazonClient({ region, accessKeyId, secretAccessKey, endpoint, timeoutSeconds }: Reached) {
  return {
    region,
    maxAttempts: 1,
    ...(accessKeyId === '' ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    ...(endpoint === '' ? {} : { endpoint }),
    requestHandler: { connectionTimeout: timeoutSeconds * 1000, requestTimeout: timeoutSeconds * 1000 }
  }
}

/** The time limit of one whole call. */
export const amazonCall = ({ timeoutSeconds }: Pick<Reached, 'timeoutSeconds'>) => ({
  abortSignal: AbortSignal.timeout(timeoutSeconds * 1000)
})

/** Whether the key is known and may not do this. */
export const isDeniedByAmazon = (error: unknown): boolean => DENIED.has(codeOf(error))

/** The error of a message that `service` refused or that failed; `final` are the codes of permanent refusals. The service's texts quote numbers and addresses, so only the code is kept. */
export function amazonErrors(service: string, final: ReadonlySet<string>): (error: unknown) => Error {
  return error => {
    const code = codeOf(error)
    return final.has(code) ? new Refusal(`${service} refuses the message: ${code}`) : new Error(`${service}: ${code}`)
  }
}

/** The first findings of such a gateway's doctor: whether the service answers, and whether the connection is encrypted. */
export async function examineAmazon(
  service: string,
  name: 'email' | 'sms',
  port: { check(): Promise<void> },
  { region, endpoint }: Pick<Reached, 'region' | 'endpoint'>
): Promise<Finding[]> {
  const reason = await port.check().then(() => undefined, messageOf)
  return [
    {
      ok: reason === undefined,
      fact: reason === undefined ? `${service} in ${region} accepts the credentials` : `${service} in ${region}: ${reason}`,
      remedy: `correct region, accessKeyId and secretAccessKey under gateways.${name}, and let the machine reach ${service} on port 443`
    },
    ...(endpoint.startsWith('http:')
      ? [{ ok: false, fact: 'messages travel unencrypted', remedy: `give gateways.${name}.endpoint with https` }]
      : [])
  ]
}

/** `MessageRejected`, `Throttling` …: the SDK appends Exception to some of the codes it knows. */
function codeOf(error: unknown): string {
  const { name = 'unknown', code } = error as { readonly name?: string; readonly code?: unknown }
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time'
  return typeof code === 'string' && name === 'Error' ? code : name.replace(/Exception$/, '')
}
