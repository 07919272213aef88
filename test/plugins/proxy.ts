import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { ownPort } from '../services.ts'

/** Stands between a gateway and its server, and can be a broken network. Each fault returns what ends it. */
export interface Proxy {
  readonly port: number
  /** Connections are cut, new ones refused. */
  refuse(): Promise<() => Promise<void>>
  /** Connections stay and are accepted, but nothing gets through. */
  silence(): Promise<() => Promise<void>>
  /** Whatever is sent on a connection is answered with this text, and nothing gets through. */
  answer(text: string): Promise<() => Promise<void>>
  /** So many bytes a second get through, either way. */
  throttle(bytesPerSecond: number): Promise<() => Promise<void>>
  stop(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 and passes everything on. */
export async function startProxy(host: string, port: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let fault: { readonly silent?: true; readonly text?: string; readonly rate?: number } = {}
  const server = createServer(near => {
    track(near)
    const { silent, text, rate } = fault
    if (silent) return
    if (text !== undefined) return void near.once('data', () => near.end(text))
    const far = connect(port, host)
    track(far)
    if (rate === undefined) {
      near.pipe(far)
      far.pipe(near)
    } else {
      near.pipe(slow(rate)).pipe(far)
      far.pipe(slow(rate)).pipe(near)
    }
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }
  const own = await ownPort()
  await listen(own)

  function track(socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    cut()
    await closed
  }

  const heal = async () => {
    fault = {}
    cut()
  }
  /** For connections that are made from now on. */
  const anew = async (next: typeof fault) => {
    fault = next
    cut()
    return heal
  }

  return {
    port: own,
    async refuse() {
      await close()
      return () => listen(own)
    },
    async silence() {
      fault = { silent: true }
      for (const socket of sockets) {
        socket.unpipe()
        socket.removeAllListeners('data')
        socket.pause()
      }
      return heal
    },
    answer: text => anew({ text }),
    throttle: rate => anew({ rate }),
    stop: close
  }
}

const SLICES_PER_SECOND = 8

/** Passes on so many bytes a second. */
function slow(bytesPerSecond: number): Duplex {
  const slice = Math.ceil(bytesPerSecond / SLICES_PER_SECOND)
  return Duplex.from(async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks)
      for (let at = 0; at < chunk.length; at += slice) {
        await wait(1000 / SLICES_PER_SECOND)
        yield chunk.subarray(at, at + slice)
      }
  }).on('error', () => undefined)
}
