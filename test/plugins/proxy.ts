import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Stands between a gateway and its server, and can be a broken network. Each fault returns what ends it. */
export interface Proxy {
  readonly port: number
  /** Connections are cut, new ones refused. */
  refuse(): Promise<() => Promise<void>>
  /** Connections stay and are accepted, but nothing gets through. */
  silence(): Promise<() => Promise<void>>
  stop(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 and passes everything on. */
export async function startProxy(host: string, port: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer(near => {
    if (silent) return void track(near)
    const far = connect(port, host)
    track(near)
    track(far)
    near.pipe(far)
    far.pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const own = (server.address() as AddressInfo).port

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

  return {
    port: own,
    async refuse() {
      await close()
      return () => listen(own)
    },
    async silence() {
      silent = true
      for (const socket of sockets) {
        socket.unpipe()
        socket.removeAllListeners('data')
        socket.pause()
      }
      return async () => {
        silent = false
        cut()
      }
    },
    stop: close
  }
}
