/** A pattern for names: `*` is any characters, `?` is one; upper and lower case are the same. */
export function asPattern(pattern: string): RegExp {
  const source = pattern
    .replace(/\*+/g, '*')
    .replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'i')
}
