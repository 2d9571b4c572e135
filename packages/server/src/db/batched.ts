import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** Items in one statement: enough to share a round trip and a commit, few enough to be answered soon. */
const mostAtOnce = 64

type Load<Item, Result> = (db: Kysely<Tables>, items: readonly Item[]) => Promise<readonly Result[]>

/**
 * Lets those who ask the same thing at the same moment share one statement: `load` gets their items and answers with one
 * result each, in their order. One statement is under way on a connection at a time, and what comes meanwhile goes with
 * the next; so nobody gets an answer that is older than their question. When a shared statement fails, each item is
 * tried alone, and only those fail that fail by themselves.
 */
export function batched<Item, Result>(load: Load<Item, Result>): (db: Kysely<Tables>, item: Item) => Promise<Result> {
  const gates = new WeakMap<Kysely<Tables>, Gate<Item, Result>>()
  return async (db, item) => {
    let gate = gates.get(db)
    if (gate === undefined) {
      gate = new Gate((items) => load(db, items))
      gates.set(db, gate)
    }
    return gate.ask(item)
  }
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

class Gate<Item, Result> {
  readonly #load: (items: readonly Item[]) => Promise<readonly Result[]>
  #waiting: Waiting<Item, Result>[] = []
  #open = true

  constructor(load: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#load = load
  }

  ask(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (!this.#open) return
      this.#open = false
      // After the requests that the event loop has at hand.
      setImmediate(() => void this.#drain())
    })
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, mostAtOnce)
      // oxlint-disable-next-line no-await-in-loop -- One after the other is the point.
      if (!(await this.#answer(together)) && together.length > 1) {
        // oxlint-disable-next-line no-await-in-loop
        await Promise.all(together.map((one) => this.#answer([one])))
      }
    }
    this.#open = true
  }

  /** Whether they were answered; one that is alone is always answered, with its failure if need be. */
  async #answer(together: readonly Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await this.#load(together.map(({ item }) => item))
      for (const [at, { resolve }] of together.entries()) resolve(results[at] as Result)
      return true
    } catch (error) {
      if (together.length === 1) together[0]?.reject(error)
      return false
    }
  }
}
