import type { Pool } from 'pg'
import type { ConstructorOptions } from 'pg-boss'

/** What pg-boss asks of a database (its own type is not exported by name). */
export type QueueDatabase = NonNullable<ConstructorOptions['db']>

const reconnectMs = 1000

/** pg-boss on our own pool, with a connection of its own for notifications. */
export function poolAsQueueDatabase(pool: Pool): QueueDatabase {
  return {
    async executeSql(text, values) {
      // Without parameters it may be several statements, which answer with a list of results.
      const result: unknown = await pool.query(text, values as unknown[])
      const results = (Array.isArray(result) ? result : [result]) as { rows?: unknown[] }[]
      return { rows: results.flatMap(({ rows }) => rows ?? []) }
    },
    listen: (channel, onNotification, onReconnect) => listen(pool, channel, onNotification, onReconnect),
  }
}

/** Listens on one connection and, when that breaks, on the next; each is given back once, however it ends. */
async function listen(
  pool: Pool,
  channel: string,
  onNotification: (payload: string) => void,
  onReconnect: () => void,
): Promise<{ close(): Promise<void> }> {
  let giveBack = (): void => undefined
  let closed = false
  const subscribe = async (): Promise<void> => {
    const client = await pool.connect()
    let state: 'opening' | 'listening' | 'given back' = 'opening'
    giveBack = () => {
      if (state !== 'given back') client.release(true)
      state = 'given back'
    }
    client.on('notification', ({ payload }) => onNotification(payload ?? ''))
    client.on('error', () => {
      // One that breaks while it opens fails the statement below too, and that is what tries again.
      const wasListening = state === 'listening'
      giveBack()
      if (wasListening) void keepSubscribed()
    })
    try {
      if (closed) throw new Error('it was closed meanwhile')
      await client.query(`listen "${channel.replaceAll('"', '""')}"`)
      state = 'listening'
      onReconnect()
    } catch (error) {
      giveBack()
      throw error
    }
  }
  /** The first time too: whoever is told that it failed goes on without notifications for good. */
  const keepSubscribed = async (): Promise<void> => {
    if (closed) return
    await subscribe().catch(() => {
      setTimeout(() => void keepSubscribed(), reconnectMs).unref()
    })
  }
  await keepSubscribed()
  return {
    async close() {
      closed = true
      giveBack()
    },
  }
}
