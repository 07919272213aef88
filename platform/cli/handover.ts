import type { Worker } from 'node:cluster'

interface ClusterMessage {
  readonly act?: string
  readonly seq?: number
  readonly ack?: number
}

/**
 * Gives connections again that a process took to its grave. The primary keeps a connection open until the process it was sent to
 * says that it has it; one that dies before leaves the client waiting for ever. Answering "not accepted" in its place, as a process
 * that shuts down does, makes Node give the connection to another one.
 */
export function handOverAgain({ process: child }: Worker): void {
  const untaken = new Set<number>()
  const send = child.send.bind(child) as (...args: unknown[]) => boolean
  child.send = (message: ClusterMessage, ...rest: unknown[]) => {
    if (message.act === 'newconn' && message.seq !== undefined) untaken.add(message.seq)
    return send(message, ...rest)
  }
  child.on('internalMessage', ({ ack }: ClusterMessage) => ack !== undefined && untaken.delete(ack))
  child.once('exit', () => {
    for (const ack of untaken) child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false })
  })
}
