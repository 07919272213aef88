// `care-kernel/toolkits/auth-permissions`: for plugins with an authentication scheme of their own.
import type { FastifyRequest } from 'fastify'
import type { AuthenticationScheme } from 'care-kernel'
import { ApiError, unauthenticated } from 'care-kernel/rest'

/** Status and challenge of a scheme's refusals. */
export type Refused = AuthenticationScheme<never>['refused']

/** The credentials after the scheme word of the header; null without a header or with another scheme. Refused unless there are two parts. */
export function credentialsOf(request: FastifyRequest, word: string, refused: Refused): string | null {
  const header = request.headers.authorization
  if (header === undefined) return null
  const parts = header.trim().split(/\s+/)
  if (parts[0] !== word) return null
  const [, credentials] = parts
  if (parts.length !== 2 || credentials === undefined)
    throw refusal(refused, {
      detail: 'Authorization header must contain two space-delimited values',
      code: 'bad_authorization_header'
    })
  return credentials
}

/** An error with the status and the challenge of a scheme. */
export function refusal(refused: Refused, body: object): ApiError {
  return new ApiError(refused.status, body, unauthenticated(refused).headers)
}
