import type { Message, Options } from 'amqplib'
import { serializeBody, type QueueMessage, type StoredMessage } from 'care-kernel/gateway'
import { DEATHS } from './topology.ts'

/** Headers of a message. */
interface Headers {
  /** Failed attempts. */
  readonly 'care-attempts'?: number
  /** Earliest delivery, in ms since 1970. */
  readonly 'care-due'?: number
  /** Of a parked message: the error of its last attempt. */
  readonly 'care-error'?: string
  /** Kept for a move to a queue with priorities. */
  readonly 'care-priority'?: number
  readonly 'x-death'?: readonly { readonly reason?: string }[]
}

/** A message to publish, in amqplib's terms. */
export interface OutgoingMessage {
  readonly content: Buffer
  readonly options: Options.Publish
}

/** What changes during the life of a message. */
export interface MessageState {
  /** Failed attempts. */
  readonly attempts?: number
  /** Earliest delivery, in ms since 1970. */
  readonly due?: number | undefined
  readonly error?: string
}

const ERROR_AT_MOST = 2000

/** Throws TypeError for a body that is not JSON. */
export function encode({ id, body, priority = 0 }: QueueMessage, state: MessageState = {}): OutgoingMessage {
  return outgoing(Buffer.from(serializeBody(body)), id, priority, state)
}

/** A received message, to be published in another state. */
export function reencode({ content, properties }: Message, state: MessageState): OutgoingMessage {
  return outgoing(content, String(properties.messageId), priorityOf(headersOf(properties.headers)), state)
}

function outgoing(
  content: Buffer,
  messageId: string,
  priority: number,
  { attempts = 0, due, error }: MessageState
): OutgoingMessage {
  const headers = {
    ...(attempts > 0 ? { 'care-attempts': attempts } : {}),
    ...(due === undefined ? {} : { 'care-due': due }),
    ...(error === undefined ? {} : { 'care-error': error.slice(0, ERROR_AT_MOST) }),
    ...(priority > 0 ? { 'care-priority': priority } : {})
  }
  return { content, options: { messageId, persistent: true, contentType: 'application/json', headers } }
}

export function decode(message: Message): QueueMessage & MessageState & { readonly attempts: number } {
  const headers = headersOf(message.properties.headers)
  const priority = priorityOf(headers)
  const attempts = headers['care-attempts'] ?? 0
  return {
    id: String(message.properties.messageId),
    body: parse(message.content.toString()),
    attempts,
    due: headers['care-due'],
    ...(priority > 0 ? { priority } : {}),
    ...errorOf(headers)
  }
}

/** A message that no consumer has; `delayMs` is the rest of its delay. */
export function decodeStored(message: Message, now: Date): StoredMessage {
  const { due, ...rest } = decode(message)
  const left = due === undefined ? 0 : due - now.getTime()
  return left > 0 ? { ...rest, delayMs: left } : rest
}

function errorOf(headers: Headers): { error?: string } {
  if (headers['care-error'] !== undefined) return { error: headers['care-error'] }
  const limitExceeded = headers['x-death']?.some(({ reason }) => reason === 'delivery_limit')
  return limitExceeded ? { error: `delivered ${DEATHS} times without an outcome` } : {}
}

/** A body that is not JSON was published by another program; it is passed on as text. */
function parse(text: string): unknown {
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
