import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { within, type Connection } from './connection.ts'
import type { Parcel } from './message.ts'

/** Sends messages and waits until the broker has them. */
export interface Publisher {
  /** Resolves when the broker has confirmed every one. Rejects at once while it is away, within 5 s otherwise; then any may have arrived. */
  send(queue: string, parcels: readonly Parcel[]): Promise<void>
  /** A question the broker has to answer. */
  ask(): Promise<void>
}

/** The broker says by name that there is no such queue. */
export class Unroutable extends Error {}

interface Batch {
  returned: boolean
}

const AT_ONCE = 1000
const CONFIRM_MS = 5000

/** One channel with confirms for the whole process. A message no queue takes comes back before it is confirmed. */
export function makePublisher(connection: Connection): Publisher {
  const batches = new Map<string, Batch>()
  let opened: { readonly model: ChannelModel; readonly channel: Promise<ConfirmChannel> } | undefined
  let count = 0

  function channelOf(model: ChannelModel): Promise<ConfirmChannel> {
    if (opened?.model !== model) {
      const mine = { model, channel: open(model) }
      const forget = () => {
        if (opened === mine) opened = undefined
      }
      mine.channel.then(channel => channel.once('close', forget), forget)
      opened = mine
    }
    return opened.channel
  }

  async function open(model: ChannelModel): Promise<ConfirmChannel> {
    const channel = await model.createConfirmChannel()
    // Its reason is given to every message that is not confirmed.
    channel.on('error', () => undefined)
    channel.on('return', ({ properties }) => {
      const batch = batches.get(String(properties.correlationId))
      if (batch) batch.returned = true
    })
    return channel
  }

  /** At most a thousand at once, so that what is not confirmed yet stays bounded. */
  async function sendBatch(queue: string, parcels: readonly Parcel[]): Promise<void> {
    const channel = await channelOf(connection.model())
    const correlationId = String(count++)
    const batch: Batch = { returned: false }
    batches.set(correlationId, batch)
    try {
      await new Promise<void>((resolve, reject) => {
        let left = parcels.length
        const confirmed = (error: unknown) => {
          if (error) reject(error instanceof Error ? error : new Error('RabbitMQ refused a message: the queue is full'))
          else if (--left === 0) resolve()
        }
        for (const { content, options } of parcels)
          channel.publish('', queue, content, { ...options, mandatory: true, correlationId }, confirmed)
      })
    } finally {
      batches.delete(correlationId)
    }
    if (batch.returned) throw new Unroutable(`RabbitMQ has no queue ${queue}: somebody deleted it`)
  }

  async function timely<T>(work: Promise<T>): Promise<T> {
    let late = true
    const known = () => {
      late = false
    }
    work.then(known, known)
    return within(work, CONFIRM_MS).catch((error: unknown) => {
      if (late) connection.doubt()
      throw error
    })
  }

  return {
    async send(queue, parcels) {
      for (let at = 0; at < parcels.length; at += AT_ONCE) await timely(sendBatch(queue, parcels.slice(at, at + AT_ONCE)))
    },
    async ask() {
      await timely(channelOf(connection.model()).then(channel => channel.prefetch(0)))
    }
  }
}
