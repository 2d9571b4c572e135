import type { Pool, PoolClient } from 'pg'
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

async function listen(
  pool: Pool,
  channel: string,
  onNotification: (payload: string) => void,
  onReconnect: () => void,
): Promise<{ close(): Promise<void> }> {
  let client: PoolClient | undefined
  let closed = false
  const subscribe = async (): Promise<void> => {
    const fresh = await pool.connect()
    client = fresh
    fresh.on('notification', ({ payload }) => onNotification(payload ?? ''))
    fresh.on('error', () => {
      if (client !== fresh) return
      client = undefined
      fresh.release(true)
      resubscribe()
    })
    try {
      await fresh.query(`listen "${channel.replaceAll('"', '""')}"`)
    } catch (error) {
      // Given back, or each try while the database is away would cost the pool a connection for good.
      if (client === fresh) {
        client = undefined
        fresh.release(true)
      }
      throw error
    }
    onReconnect()
  }
  const resubscribe = (): void => {
    if (closed) return
    subscribe().catch(() => setTimeout(resubscribe, reconnectMs).unref())
  }
  await subscribe()
  return {
    async close() {
      closed = true
      const last = client
      client = undefined
      last?.release(true)
    },
  }
}
