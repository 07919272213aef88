import { DENIED } from '../access/permissions.ts'

const ANSWER = Symbol.for('care-kernel.api-error')

/** An answer that is an error, in the original's shape (docs/api/auth-users.md §1.7). Thrown anywhere, answered by the server. */
export class ApiError extends Error {
  readonly [ANSWER] = true
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`answered ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** Whether an error is an answer, made by this copy of the package or another. */
export const isApiError = (error: unknown): error is ApiError => typeof error === 'object' && error !== null && ANSWER in error

/** 400 with a body as it is: a field map with lists from validation, with plain strings from a view, or a bare list. */
export const invalid = (body: unknown): ApiError => new ApiError(400, body)

/** 400 `{"detail": …}`. */
export const badRequest = (detail: string): ApiError => new ApiError(400, { detail })

/** 403: logged in, and may not. */
export const denied = (detail = DENIED): ApiError => new ApiError(403, { detail })

/** No credentials: 403 almost everywhere, 401 with a challenge where the scheme says so (docs/api/auth-users.md §1.3.2). */
export const unauthenticated = ({ status = 403, challenge }: { status?: 401 | 403; challenge?: string } = {}): ApiError =>
  new ApiError(
    status,
    { detail: 'Authentication credentials were not provided.' },
    challenge ? { 'www-authenticate': challenge } : {}
  )

/** 404: with the original's class name for a well-formed id, without for a malformed one. */
export const notFound = (model?: string): ApiError =>
  new ApiError(404, { detail: model ? `No ${model} matches the given query.` : 'Not found.' })

/** 400 for a malformed uuid in a parent segment or a hand-written lookup. */
export const notAUuid = (value: string): ApiError => badRequest(`“${value}” is not a valid UUID.`)

/** 405 with the methods the path has. */
export const methodNotAllowed = (method: string, allowed: readonly string[]): ApiError =>
  new ApiError(405, { detail: `Method "${method}" not allowed.` }, { allow: allowed.join(', ') })

/** 415 */
export const unsupportedMediaType = (type: string): ApiError =>
  new ApiError(415, { detail: `Unsupported media type "${type}" in request.` })

/** 423 */
export const locked = (): ApiError => new ApiError(423, { detail: 'The resource you are trying to access is locked' })
