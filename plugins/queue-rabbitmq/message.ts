import type { Message, Options } from 'amqplib'
import { bodyText, type QueueMessage, type RestingMessage } from 'care-kernel/gateway'
import { DEATHS } from './topology.ts'

/** What travels beside the body. */
interface Headers {
  /** Attempts that failed. */
  readonly 'care-attempts'?: number
  /** When it may be delivered, in ms since 1970. */
  readonly 'care-due'?: number
  /** Why it was parked. */
  readonly 'care-error'?: string
  /** For whoever moves it to a queue that has priorities. */
  readonly 'care-priority'?: number
  readonly 'x-death'?: readonly { readonly reason?: string }[]
}

/** A message on its way to the broker. */
export interface Parcel {
  readonly content: Buffer
  readonly options: Options.Publish
}

/** What happened to a message so far. */
export interface Fate {
  readonly attempts?: number
  readonly due?: number | undefined
  readonly error?: string
}

const ERROR_AT_MOST = 2000

/** Throws TypeError for a body JSON cannot say. */
export function pack({ id, body, priority = 0 }: QueueMessage, fate: Fate = {}): Parcel {
  return parcel(Buffer.from(bodyText(body)), id, priority, fate)
}

/** The same message with another fate. */
export function repack({ content, properties }: Message, fate: Fate): Parcel {
  return parcel(content, String(properties.messageId), priorityOf(headersOf(properties.headers)), fate)
}

function parcel(content: Buffer, messageId: string, priority: number, { attempts = 0, due, error }: Fate): Parcel {
  const headers = {
    ...(attempts > 0 ? { 'care-attempts': attempts } : {}),
    ...(due === undefined ? {} : { 'care-due': due }),
    ...(error === undefined ? {} : { 'care-error': error.slice(0, ERROR_AT_MOST) }),
    ...(priority > 0 ? { 'care-priority': priority } : {})
  }
  return { content, options: { messageId, persistent: true, contentType: 'application/json', headers } }
}

/** What a message that arrived says. */
export function unpack(message: Message): QueueMessage & Fate & { readonly attempts: number } {
  const headers = headersOf(message.properties.headers)
  const priority = priorityOf(headers)
  const attempts = headers['care-attempts'] ?? 0
  return {
    id: String(message.properties.messageId),
    body: parsed(message.content.toString()),
    attempts,
    due: headers['care-due'],
    ...(priority > 0 ? { priority } : {}),
    ...errorOf(headers)
  }
}

/** What a message that nobody works on says, with what is left of its delay. */
export function unpackResting(message: Message, now: Date): RestingMessage {
  const { due, ...rest } = unpack(message)
  const left = due === undefined ? 0 : due - now.getTime()
  return left > 0 ? { ...rest, delayMs: left } : rest
}

function errorOf(headers: Headers): { error?: string } {
  if (headers['care-error'] !== undefined) return { error: headers['care-error'] }
  const killed = headers['x-death']?.some(({ reason }) => reason === 'delivery_limit')
  return killed ? { error: `delivered ${DEATHS} times without an outcome` } : {}
}

/** What is not JSON was published by somebody else, and is shown as the text it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function priorityOf(headers: Headers): number {
  return headers['care-priority'] ?? 0
}

function headersOf(headers: unknown): Headers {
  return headers ?? {}
}
