import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { withinAnswerTime, type Connection } from './connection.ts'
import type { OutgoingMessage } from './message.ts'

/** Publishes with confirms. */
export interface Publisher {
  /** Resolves when the broker has confirmed all messages. Rejects at once while it is away, after 5 s without an answer; then any of them may be in the queue. */
  publish(queue: string, messages: readonly OutgoingMessage[]): Promise<void>
  /** Resolves when the broker has answered a request. */
  ping(): Promise<void>
}

/** The broker returned a message because the queue does not exist. */
export class Unroutable extends Error {}

interface Publication {
  isReturned: boolean
}

/** Bounds the number of messages that wait for their confirm. */
const PUBLISHED_AT_ONCE = 1000

/** Uses one channel for the whole process. The broker returns a message without a queue before it confirms it. */
export function makePublisher(connection: Connection): Publisher {
  const publications = new Map<string, Publication>()
  let opened: { readonly model: ChannelModel; readonly channel: Promise<ConfirmChannel> } | undefined
  let count = 0

  function channelOf(model: ChannelModel): Promise<ConfirmChannel> {
    if (opened?.model !== model) {
      const opening = { model, channel: open(model) }
      const forget = () => {
        if (opened === opening) opened = undefined
      }
      opening.channel.then(channel => channel.once('close', forget), forget)
      opened = opening
    }
    return opened.channel
  }

  async function open(model: ChannelModel): Promise<ConfirmChannel> {
    const channel = await model.createConfirmChannel()
    // The callback of each unconfirmed message gets the error.
    channel.on('error', () => undefined)
    channel.on('return', ({ properties }) => {
      const publication = publications.get(String(properties.correlationId))
      if (publication) publication.isReturned = true
    })
    return channel
  }

  async function publishAtOnce(queue: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const channel = await channelOf(connection.model())
    const correlationId = String(count++)
    const publication: Publication = { isReturned: false }
    publications.set(correlationId, publication)
    try {
      await new Promise<void>((resolve, reject) => {
        let unconfirmed = messages.length
        const confirmed = (error: unknown) => {
          if (error) reject(error instanceof Error ? error : new Error('RabbitMQ refused a message: the queue is full'))
          else if (--unconfirmed === 0) resolve()
        }
        for (const { content, options } of messages)
          channel.publish('', queue, content, { ...options, mandatory: true, correlationId }, confirmed)
      })
    } finally {
      publications.delete(correlationId)
    }
    if (publication.isReturned) throw new Unroutable(`RabbitMQ has no queue ${queue}: it was deleted`)
  }

  /** Suspects the connection when there is no answer in time. */
  async function answered<T>(work: Promise<T>): Promise<T> {
    let isAnswered = false
    const settle = () => {
      isAnswered = true
    }
    work.then(settle, settle)
    return withinAnswerTime(work).catch((error: unknown) => {
      if (!isAnswered) connection.suspect()
      throw error
    })
  }

  return {
    async publish(queue, messages) {
      for (let at = 0; at < messages.length; at += PUBLISHED_AT_ONCE)
        await answered(publishAtOnce(queue, messages.slice(at, at + PUBLISHED_AT_ONCE)))
    },
    async ping() {
      await answered(channelOf(connection.model()).then(channel => channel.prefetch(0)))
    }
  }
}
