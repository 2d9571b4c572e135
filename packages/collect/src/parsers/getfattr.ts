/** An extended attribute of a file. */
export interface ExtendedAttribute {
  readonly name: string
  readonly value: Uint8Array
}

/** What `getfattr --dump --encoding=hex` prints: the attributes of each file that has some, by its path. */
export function parseGetfattr(text: string): ReadonlyMap<string, readonly ExtendedAttribute[]> {
  const files = new Map<string, ExtendedAttribute[]>()
  let current: ExtendedAttribute[] | undefined
  for (const line of text.split('\n')) {
    const [, path] = /^# file: (.*)$/.exec(line) ?? []
    if (path !== undefined) {
      current = []
      files.set(unquote(path), current)
      continue
    }
    const [, name, hex = ''] = /^([^=]+)=?(?:0[xs]([\da-fA-F]*))?$/.exec(line) ?? []
    if (name !== undefined) current?.push({ name: unquote(name), value: Buffer.from(hex, 'hex') })
  }
  return files
}

/** A control character is written as `\012`, and so are the bytes of what is not ASCII. */
function unquote(text: string): string {
  if (!text.includes('\\')) return text
  const bytes = Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
