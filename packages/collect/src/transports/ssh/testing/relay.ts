import { connect, createServer, type Socket } from 'node:net'

export interface Relay {
  readonly port: number
  /** Ends all that goes through, as when the network or the machine is gone. */
  cut(): void
  /** Lets nothing through any more, and says nothing about it. */
  freeze(): void
  /** How many bytes went through, both ways. */
  passed(): number
  stop(): void
}

/**
 * Passes a connection on, each way so many milliseconds later, and no more than so many bytes a second: a line with the
 * length and the width of a real one.
 */
export async function startRelay(to: number, delayMs = 0, bytesPerSecond = Infinity): Promise<Relay> {
  const sockets = new Set<Socket>()
  let frozen = false
  let passed = 0
  const pass = (from: Socket, other: Socket): void => {
    /** When the line has room again. */
    let freeAt = 0
    // On a busy machine timers of different lengths end in any order: each lets through what has waited longest.
    const onItsWay: Buffer[] = []
    const go = (): void => {
      const piece = onItsWay.shift()
      if (piece === undefined || frozen || other.destroyed) return
      passed += piece.length
      other.write(piece)
    }
    const send = (piece: Buffer): void => {
      onItsWay.push(piece)
      freeAt = Math.max(freeAt, Date.now()) + (piece.length / bytesPerSecond) * 1000
      const waitMs = Math.ceil(freeAt - Date.now()) + delayMs
      if (waitMs <= 0) go()
      else setTimeout(go, waitMs)
    }
    from.on('data', (chunk: Buffer) => {
      if (bytesPerSecond === Infinity) return send(chunk)
      for (let at = 0; at < chunk.length; at += 1400) send(chunk.subarray(at, at + 1400))
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
    passed: () => passed,
    stop() {
      cut()
      server.close()
    },
  }
}
