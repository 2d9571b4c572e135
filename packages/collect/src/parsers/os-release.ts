/** os-release(5): shell assignments of plain or quoted values. */
export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(?:"((?:\\.|[^"\\])*)"|'([^']*)'|(\S*))\s*$/.exec(line)
    if (match === null) continue
    const [, name = '', quoted, literal, plain] = match
    found[name] = quoted?.replace(/\\(.)/g, '$1') ?? literal ?? plain ?? ''
  }
  return found
}
