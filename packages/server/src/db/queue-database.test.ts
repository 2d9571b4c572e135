import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { openDatabase } from './database.ts'

const url = process.env['TEST_DATABASE_URL']
const skip = url === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false

test('listens again after connections that broke at any point, and ends whatever broke', { skip }, async () => {
  const relay = await startRelay(new URL(url ?? ''))
  const database = await openDatabase<object>({ url: relay.url, maxConnections: 5 })
  try {
    let connections = 0
    const connected = async (count: number): Promise<void> => {
      for (const end = Date.now() + 20_000; connections < count && Date.now() < end;) await sleep(20)
      assert.equal(connections, count)
    }
    // The very first connection breaks, too.
    relay.cutOn('listen "news"')
    const listener = await database.boss().listen?.(
      'news',
      () => undefined,
      () => (connections += 1),
    )
    await connected(1)
    // Broken while it is idle, its successor while it asks to listen; later whatever there is, several times.
    relay.cutOn('listen "news"')
    relay.cut()
    await connected(2)
    // Longer than it waits before it tries again.
    await sleep(1500)
    assert.equal(connections, 2, 'two connections listen for one')
    for (let cuts = 0; cuts < 3; cuts += 1) {
      relay.cut()
      await connected(3 + cuts)
    }
    await listener?.close()
    const ended = database.close().then(() => 'ended')
    assert.equal(await Promise.race([ended, sleep(10_000)]), 'ended')
  } finally {
    relay.close()
  }
})

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

interface Relay {
  readonly url: string
  /** Breaks every connection, as a cable does. */
  cut(): void
  /** Breaks the next connection on which this is said. */
  cutOn(words: string): void
  close(): void
}

async function startRelay(target: URL): Promise<Relay> {
  const sockets = new Set<Socket>()
  let fatal: string | undefined
  const server = createServer((client) => {
    const behind = connect(Number(target.port), target.hostname)
    for (const socket of [client, behind]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        behind.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (fatal === undefined || !bytes.includes(fatal)) return behind.write(bytes)
      fatal = undefined
      return client.destroy()
    })
    behind.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    cutOn: (words) => {
      fatal = words
    },
    close() {
      cut()
      server.close()
    },
  }
}
