/** Comparing takes the product of the lengths, and names come from callers: what is longer was no slip of the hand. */
const longest = 120
const mostCompared = 1000

/** The names that a misspelt one may have meant, the most alike first; of attribute ids the last part counts. */
export function nearNames(given: string, known: readonly string[], most = 3): string[] {
  if (given.length > longest) return []
  const wanted = lastPart(given)
  const tolerance = Math.max(1, Math.floor(wanted.length / 3))
  return known
    .filter((name) => name.length <= longest && Math.abs(lastPart(name).length - wanted.length) <= tolerance)
    .slice(0, mostCompared)
    .map((name) => ({
      name,
      apart: distance(wanted, lastPart(name)),
      wholly: distance(given.toLowerCase(), name.toLowerCase()),
    }))
    .filter(({ apart }) => apart <= tolerance)
    .toSorted((one, other) => one.apart - other.apart || one.wholly - other.wholly)
    .slice(0, most)
    .map(({ name }) => name)
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('-') + 1).toLowerCase()

/** Levenshtein's: letters to change, add or leave out. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1]
    for (let at = 0; at < other.length; at += 1) {
      const changed = (row[at] ?? 0) + (letter === other[at] ? 0 : 1)
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
