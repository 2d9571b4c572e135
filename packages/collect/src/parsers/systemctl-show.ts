/**
 * What `systemctl show` prints: for each unit a block of `Property=value` lines, blocks parted by an empty line. A
 * property that is an array of structures, such as ExecStart, has a line for each.
 */
export function parseSystemctlShow(text: string): ReadonlyMap<string, readonly string[]>[] {
  const blocks: Map<string, string[]>[] = []
  let block: Map<string, string[]> | undefined
  let values: string[] = []
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/.exec(line) ?? []
    if (line === '') block = undefined
    else if (name !== undefined) {
      if (block === undefined) blocks.push((block = new Map()))
      values = block.get(name) ?? []
      values.push(value)
      block.set(name, values)
    } else if (block !== undefined) values.push(`${values.pop() ?? ''}\n${line}`)
  }
  return blocks
}

/** A property that is an array, as it is printed: words, those with special characters quoted and escaped as for a shell. */
export function parseSystemdWords(text: string): string[] {
  return [...text.matchAll(/"((?:\\.|[^"\\])*)"|[^\s"]+/g)].map(([plain, quoted]) =>
    quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'),
  )
}
