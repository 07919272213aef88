import { pino, type DestinationStream, type LevelWithSilent } from 'pino'
import type { ClassedColumn } from '../../kernel/plugin/models.ts'
import { currentContext } from './request-context.ts'

/** Credentials and addresses, which are no columns of a table. */
const SECRET_FIELDS = [
  'access',
  'authorization',
  'new_password',
  'old_password',
  'password',
  'refresh',
  'secretKey',
  'token',
  'url'
]
/** Personal data whatever models a deployment has: what gateways and commands may log. */
const PERSONAL_FIELDS = [
  'address',
  'alt_phone_number',
  'date_of_birth',
  'email',
  'emergency_phone_number',
  'first_name',
  'last_name',
  'name',
  'otp',
  'phone_number'
]
/** Fields of log lines that describe an operation and share their name with a classed column. */
const OPERATIONAL_FIELDS = new Set(['id', 'code', 'reason', 'event', 'job', 'status', 'state'])
const REDACTED = '[redacted]'
const MAX_DEPTH = 3

/** Which fields of a log line are replaced: credentials, and every column of a privacy class other than `none`, by its name. */
export class Redaction {
  readonly #names = new Set<string>([...SECRET_FIELDS, ...PERSONAL_FIELDS])

  /** Once the models are known. */
  add(columns: readonly ClassedColumn[]): void {
    for (const { column, privacy } of columns) if (privacy !== 'none' && !OPERATIONAL_FIELDS.has(column)) this.#names.add(column)
  }

  has(field: string): boolean {
    return this.#names.has(field)
  }
}

export interface LoggerOptions {
  /** Credentials only where it is left out. */
  readonly redaction?: Redaction
  /** Standard output where it is left out. */
  readonly destination?: DestinationStream
}

/** JSON lines. The fields of a line are redacted to a depth of three. */
export function makeLogger(level: LevelWithSilent, fields: object, options: LoggerOptions = {}) {
  const { redaction = new Redaction(), destination = pino.destination(1) } = options
  // A line of a message handler carries the id of the request that caused it; the lines of a request have their own.
  const mixin = () => {
    const context = currentContext()
    return context && !context.request ? { requestId: context.requestId } : {}
  }
  const formatters = { log: (line: object) => redacted(line as Record<string, unknown>, redaction, MAX_DEPTH) }
  return pino({ level, base: fields, mixin, formatters, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

function redacted(line: Record<string, unknown>, redaction: Redaction, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(line).map(([field, value]) => [
      field,
      redaction.has(field) ? REDACTED : isPlain(value) && depth > 1 ? redacted(value, redaction, depth - 1) : value
    ])
  )
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
