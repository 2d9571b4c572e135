/** What a seed decides: the same seed, the same choices. */
export interface Chance {
  /** A whole number from 0, less than this. */
  below(limit: number): number
  pick<T>(list: readonly T[]): T
  /** True this often, of 1. */
  holds(probability: number): boolean
  /** So many as chosen between the two bounds, each made anew. */
  several<T>(least: number, most: number, make: () => T): T[]
  shuffled<T>(list: readonly T[]): T[]
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  // Mulberry32, a generator of 32 bits of state.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const several = <T>(least: number, most: number, make: () => T): T[] =>
    Array.from({ length: least + below(most - least + 1) }, make)
  return {
    below,
    several,
    pick: (list) => {
      if (list.length === 0) throw new RangeError('nothing to pick from')
      return list[below(list.length)]!
    },
    holds: (probability) => next() < probability,
    shuffled: (list) =>
      list
        .map((each) => ({ each, at: next() }))
        .toSorted((one, other) => one.at - other.at)
        .map(({ each }) => each),
  }
}
