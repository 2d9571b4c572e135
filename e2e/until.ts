/** Asks again and again until there is something. Rejects with what was waited for when it does not come in time. */
export async function until<Value>(
  what: string,
  find: () => Promise<Value | undefined>,
  limitMs = 60_000,
): Promise<Value> {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    const found = await find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`)
}
