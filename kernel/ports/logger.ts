import { pino, type DestinationStream, type LevelWithSilent } from 'pino'
import { currentContext } from '../../platform/data/request-context.ts'

/** Port `logger`: structured lines. Fields named in `PERSONAL_FIELDS` are never written. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
  child(fields: object): Logger
}

/** Field names whose values a log line replaces, whatever logs them (design §8: personal data never in a log). */
export const PERSONAL_FIELDS = [
  'password',
  'old_password',
  'new_password',
  'token',
  'access',
  'refresh',
  'authorization',
  'phone_number',
  'alt_phone_number',
  'emergency_phone_number',
  'email',
  'name',
  'first_name',
  'last_name',
  'address',
  'date_of_birth',
  'otp',
  'secretKey',
  'url'
] as const

/** JSON lines on standard output, or on `destination`. */
export function makeLogger(level: LevelWithSilent, fields: object, destination?: DestinationStream) {
  const paths = PERSONAL_FIELDS.flatMap(field => [field, `*.${field}`, `*.*.${field}`])
  // Lines of a message handler carry the id of the request that wrote the message; Fastify adds it to the lines of a request.
  const mixin = () => {
    const context = currentContext()
    return context && !context.request ? { requestId: context.requestId } : {}
  }
  return pino(
    { level, base: fields, mixin, redact: { paths, censor: '[redacted]' }, timestamp: pino.stdTimeFunctions.isoTime },
    destination ?? pino.destination(1)
  )
}
