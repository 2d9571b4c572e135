import { connect, createServer, type Socket } from 'node:net'

export interface Relay {
  readonly port: number
  /** Ends all that goes through, as when the network or the machine is gone. */
  cut(): void
  /** Lets nothing through any more, and says nothing about it. */
  freeze(): void
  stop(): void
}

/** Passes a connection on, each way so many milliseconds later: a line with the length of a real one. */
export async function startRelay(to: number, delayMs = 0): Promise<Relay> {
  const sockets = new Set<Socket>()
  let frozen = false
  const pass = (from: Socket, other: Socket): void => {
    from.on('data', (chunk: Buffer) => {
      const go = (): void => void (!frozen && !other.destroyed && other.write(chunk))
      if (delayMs === 0) go()
      else setTimeout(go, delayMs)
    })
    from.on('error', () => other.destroy())
    from.on('close', () => setTimeout(() => !frozen && other.destroy(), delayMs))
  }
  const server = createServer((near) => {
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true })
    near.setNoDelay(true)
    for (const socket of [near, far]) sockets.add(socket)
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    freeze: () => void (frozen = true),
    stop() {
      cut()
      server.close()
    },
  }
}
