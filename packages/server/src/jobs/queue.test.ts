import assert from 'node:assert/strict'
import { it } from 'node:test'
import { pino } from 'pino'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { createQueue } from './queue.ts'
import type { Queue } from './queue.ts'
import { urgentPriority } from './run-requests.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

const log = pino({ level: 'silent' })

describeOnBothDatabases('the queue', (withDatabase) => {
  const withQueue = (use: (queue: Queue, database: Database) => Promise<void>): Promise<void> =>
    withDatabase(async (database) => {
      const queue = await createQueue(database, log)
      try {
        await use(queue, database)
      } finally {
        await queue.stop(1000)
      }
    })

  it('starts a task within a second of the transaction that enqueued it', () =>
    withQueue(async (queue, database) => {
      const started = Promise.withResolvers<void>()
      await queue.work('start-run', 1, async () => started.resolve())
      const began = performance.now()
      await database.kysely.transaction().execute((tx) => queue.enqueue(tx, 'start-run', { runId: 'a' }))
      await started.promise
      assert.ok(performance.now() - began < 1000 * slowness(), `${performance.now() - began} ms`)
    }))

  it('forgets a task whose transaction was rolled back', () =>
    withQueue(async (queue, database) => {
      const seen: string[] = []
      const last = Promise.withResolvers<void>()
      await queue.work('start-run', 1, async ({ runId }) => {
        seen.push(runId)
        if (runId === 'kept') last.resolve()
      })
      await assert.rejects(
        database.kysely.transaction().execute(async (tx) => {
          await queue.enqueue(tx, 'start-run', { runId: 'undone' })
          throw new Error('undo')
        }),
        /undo/,
      )
      await database.kysely.transaction().execute((tx) => queue.enqueue(tx, 'start-run', { runId: 'kept' }))
      await last.promise
      assert.deepEqual(seen, ['kept'])
    }))

  it('takes task after task without pause, the more important first', () =>
    withQueue(async (queue, database) => {
      const tasks = Array.from({ length: 60 }, (_, index) => ({
        data: { runId: String(index) },
        priority: index < 50 ? 0 : 10,
      }))
      await database.kysely.transaction().execute((tx) => queue.enqueueMany(tx, 'start-run', tasks))
      const seen: string[] = []
      const all = Promise.withResolvers<void>()
      const began = performance.now()
      await queue.work('start-run', 1, async ({ runId }) => {
        if (seen.push(runId) === tasks.length) all.resolve()
      })
      await all.promise
      assert.ok(performance.now() - began < 5000 * slowness(), `${performance.now() - began} ms`)
      assert.deepEqual(
        seen.slice(0, 10).toSorted(),
        Array.from({ length: 10 }, (_, index) => String(50 + index)),
      )
    }))

  it('gives tasks with the same key to one worker at a time', () =>
    withQueue(async (queue, database) => {
      let underWay = 0
      let most = 0
      let done = 0
      const all = Promise.withResolvers<void>()
      const tasks = ['a', 'a', 'a', 'b'].map((assetId) => ({ data: { runId: 'r', assetId }, key: assetId }))
      const underWayBy = new Map<string, number>()
      await queue.work('collect-asset', 4, async ({ assetId }) => {
        underWay += 1
        underWayBy.set(assetId, (underWayBy.get(assetId) ?? 0) + 1)
        most = Math.max(most, underWay)
        assert.equal(underWayBy.get(assetId), 1)
        await new Promise((resolve) => setTimeout(resolve, 50))
        underWayBy.set(assetId, 0)
        underWay -= 1
        done += 1
        if (done === tasks.length) all.resolve()
      })
      await database.kysely.transaction().execute((tx) => queue.enqueueMany(tx, 'collect-asset', tasks))
      await all.promise
      assert.equal(most, 2)
    }))

  it('starts all runs of a moment before their assets are asked, but for what somebody waits for', () =>
    withQueue(async (queue, database) => {
      const seen: string[] = []
      const all = Promise.withResolvers<void>()
      const note = (what: string): void => {
        if (seen.push(what) === 62) all.resolve()
      }
      await database.kysely.transaction().execute(async (tx) => {
        const starts = Array.from({ length: 60 }, (_, index) => ({ data: { runId: String(index) } }))
        await queue.enqueueMany(tx, 'start-run', starts)
      })
      await queue.work('start-run', 1, async () => {
        note('start')
        if (seen.length !== 1) return
        const put = (assetId: string, priority: number) => ({ data: { runId: 'r', assetId }, key: assetId, priority })
        await database.kysely
          .transaction()
          .execute((tx) =>
            queue.enqueueMany(tx, 'collect-asset', [put('nightly', 0), put('asked for', urgentPriority + 1)]),
          )
        // Time for both to be taken.
        await new Promise((resolve) => setTimeout(resolve, 700))
      })
      await queue.work('collect-asset', 2, async ({ assetId }) => note(assetId))
      await within(20_000, all.promise)
      assert.ok(seen.indexOf('asked for') < 20, `${seen.indexOf('asked for')}`)
      assert.equal(seen.indexOf('nightly'), 61)
    }))

  it('gives the place of a task that steps aside to others, and never works on more than it has places for', () =>
    withQueue(async (queue, database) => {
      let [working, most] = [0, 0]
      const ended: string[] = []
      const all = Promise.withResolvers<void>()
      const answers = Promise.withResolvers<void>()
      const put = (names: readonly string[]): Promise<void> =>
        database.kysely.transaction().execute((tx) =>
          queue.enqueueMany(
            tx,
            'collect-asset',
            names.map((assetId) => ({ data: { runId: 'r', assetId }, key: assetId, priority: urgentPriority + 1 })),
          ),
        )
      const work = async (ms: number): Promise<void> => {
        most = Math.max(most, ++working)
        await new Promise((resolve) => setTimeout(resolve, ms))
        working -= 1
      }
      const silent = Array.from({ length: 12 }, (_, index) => `silent-${index}`)
      const good = Array.from({ length: 6 }, (_, index) => `good-${index}`)
      await put(silent)
      let aside = 0
      await queue.work('collect-asset', 2, async ({ assetId }, { stepAside }) => {
        if (assetId.startsWith('silent')) {
          aside += 1
          await stepAside?.(answers.promise)
        }
        await work(assetId.startsWith('silent') ? 5 : 100)
        if (ended.push(assetId) === silent.length + good.length) all.resolve()
      })
      while (aside < silent.length) await new Promise((resolve) => setTimeout(resolve, 10))
      await put(good)
      while (ended.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
      // They all answer while others are worked on.
      answers.resolve()
      await within(20_000, all.promise)
      assert.deepEqual(
        ended.slice(0, 2).filter((name) => name.startsWith('silent')),
        [],
      )
      assert.equal(most, 2)
      // The places are the same as before.
      ended.length = 0
      await put(good.map((name) => `${name} again`))
      while (ended.length < good.length) await new Promise((resolve) => setTimeout(resolve, 10))
      assert.equal(most, 2)
    }))

  it('has a place for what somebody waits for while all others are taken', () =>
    withQueue(async (queue, database) => {
      const gate = Promise.withResolvers<void>()
      const urgent = Promise.withResolvers<number>()
      let [underWay, done] = [0, 0]
      const all = Promise.withResolvers<void>()
      const put = (runId: string, priority: number, count: number): Promise<void> =>
        database.kysely.transaction().execute((tx) =>
          queue.enqueueMany(
            tx,
            'collect-asset',
            Array.from({ length: count }, (_, index) => ({
              data: { runId, assetId: `${runId}-${index}` },
              key: `${runId}-${index}`,
              priority,
            })),
          ),
        )
      await put('nightly', 0, 6)
      await queue.work('collect-asset', 4, async ({ runId }) => {
        underWay += 1
        if (underWay === 3) all.resolve()
        if (runId === 'asked for') urgent.resolve(underWay)
        else await gate.promise
        done += 1
      })
      await within(10_000, all.promise)
      await put('asked for', urgentPriority + 1, 1)
      assert.equal(await within(2000, urgent.promise), 4, 'three of the nightly run, and the one that was asked for')
      gate.resolve()
      while (done < 7) await new Promise((resolve) => setTimeout(resolve, 20))
    }))

  it('tries a failing task again with the number of the try, and hands it over dead after the last', () =>
    withQueue(async (queue, database) => {
      const tries: [number, boolean][] = []
      const dead = Promise.withResolvers<object>()
      await queue.work('evaluate-asset', 1, async (_, { number, isLast }) => {
        tries.push([number, isLast])
        throw new Error('no luck')
      })
      await queue.onDead(async (task) => dead.resolve(task))
      await database.kysely
        .transaction()
        .execute((tx) => queue.enqueue(tx, 'evaluate-asset', { runId: 'r', assetId: 'a' }))
      const task = await within(20_000, dead.promise)
      assert.deepEqual(tries, [
        [1, false],
        [2, false],
        [3, true],
      ])
      assert.deepEqual(task, { kind: 'evaluate-asset', data: { runId: 'r', assetId: 'a' }, error: 'no luck' })
    }))

  it('aborts what outlives the grace of a stop, and leaves it to be tried again', () =>
    withDatabase(async (database) => {
      const first = await createQueue(database, log)
      const started = Promise.withResolvers<void>()
      let aborted = false
      await first.work('start-run', 1, (_, { signal }) => {
        started.resolve()
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            reject(new Error('stopped'))
          })
        })
      })
      await database.kysely.transaction().execute((tx) => first.enqueue(tx, 'start-run', { runId: 'a' }))
      await started.promise
      const began = performance.now()
      await first.stop(1000)
      assert.ok(performance.now() - began < 5000 * slowness())
      assert.ok(aborted)
      const second = await createQueue(database, log)
      const again = Promise.withResolvers<number>()
      await second.work('start-run', 1, async (_, { number }) => again.resolve(number))
      assert.equal(await within(20_000, again.promise), 2)
      await second.stop(1000)
    }))
})

function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<Value>()
  const timer = setTimeout(() => late.reject(new Error(`nothing within ${ms} ms`)), ms)
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer))
}
