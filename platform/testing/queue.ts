import { Type } from 'typebox'
import { defineGateway, type Gateway } from '../../kernel/plugin/gateway.ts'
import type { Delivery, Queue, QueueMessage } from '../../kernel/ports/queue.ts'

/** What a test may do to the broker of its kernel. */
export interface TestBroker {
  /** Away: it takes nothing, gives nothing, and its check fails. */
  down: boolean
  /** How often each message is delivered. */
  copies: number
  /** Takes messages, says so, and forgets them. */
  forgetful: boolean
  /** Everything that was published, in order. */
  readonly published: { readonly queue: string; readonly id: string; readonly body: unknown }[]
  /** Delivers a message once more, now. */
  deliver(queue: string, body: unknown): Promise<void>
}

interface MemoryQueue {
  readonly messages: QueueMessage[]
  active: number
  handler?: ((delivery: Delivery) => Promise<void>) | undefined
  concurrency: number
}

/** A queue inside one process, for tests: delivers at once, smaller priorities first, and again when a handler rejects. */
export function memoryQueue(): { gateway: Gateway; broker: TestBroker } {
  const queues = new Map<string, MemoryQueue>()
  const signal = new AbortController().signal
  const queueOf = (name: string): MemoryQueue => {
    const known = queues.get(name)
    if (known) return known
    const made: MemoryQueue = { messages: [], active: 0, concurrency: 1 }
    queues.set(name, made)
    return made
  }
  const reachable = () => {
    if (broker.down) throw new Error('the broker is down')
  }
  const broker: TestBroker = {
    down: false,
    copies: 1,
    forgetful: false,
    published: [],
    async deliver(name, body) {
      await queueOf(name).handler?.({ id: String(body), body, attempt: 1, signal })
    }
  }

  function pump(queue: MemoryQueue): void {
    while (queue.handler && queue.active < queue.concurrency && queue.messages.length > 0) {
      const first = queue.messages.reduce((best, message) => ((message.priority ?? 0) < (best.priority ?? 0) ? message : best))
      queue.messages.splice(queue.messages.indexOf(first), 1)
      queue.active++
      void queue
        .handler({ ...first, attempt: 1, signal })
        .catch(() => queue.messages.push(first))
        .finally(() => {
          queue.active--
          setImmediate(() => pump(queue))
        })
    }
  }

  const port: Queue = {
    async declare(name) {
      reachable()
      queueOf(name)
    },
    async publish(name, messages) {
      reachable()
      for (const message of messages) {
        broker.published.push({ queue: name, id: message.id, body: message.body })
        if (!broker.forgetful) queueOf(name).messages.push(...Array.from({ length: broker.copies }, () => message))
      }
      // A batch is ordered before the first of it begins.
      setImmediate(() => pump(queueOf(name)))
    },
    async consume(name, handler, { concurrency }) {
      reachable()
      const queue = queueOf(name)
      queue.handler = handler
      queue.concurrency = concurrency
      setImmediate(() => pump(queue))
      return async () => {
        queue.handler = undefined
        while (queue.active > 0) await new Promise(resolve => setTimeout(resolve, 1))
      }
    },
    async counts(name) {
      const { messages, active } = queueOf(name)
      return { waiting: messages.length, active, delayed: 0, parked: 0 }
    },
    async drain(name, from, take) {
      reachable()
      const queue = queueOf(name)
      let taken = 0
      for (const message of from === 'waiting' ? [...queue.messages] : []) {
        if (!(await take({ ...message, attempts: 0 }))) continue
        queue.messages.splice(queue.messages.indexOf(message), 1)
        taken++
      }
      return taken
    },
    async check() {
      reachable()
    },
    close: async () => undefined
  }
  const gateway = defineGateway({
    port: 'queue',
    name: 'queue-memory',
    summary: 'A queue inside one process, for tests',
    config: Type.Object({}),
    shared: true,
    open: async () => port
  })
  return { gateway, broker }
}
