/** What `systemctl show` prints: for each unit a block of `Property=value` lines, blocks parted by an empty line. */
export function parseSystemctlShow(text: string): ReadonlyMap<string, string>[] {
  const blocks: Map<string, string>[] = []
  let block: Map<string, string> | undefined
  let last = ''
  for (const line of text.split('\n')) {
    const property = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/.exec(line)
    if (line === '') block = undefined
    else if (property !== null) {
      if (block === undefined) blocks.push((block = new Map()))
      const [, name = '', value = ''] = property
      last = name
      block.set(name, value)
    } else if (block !== undefined) block.set(last, `${block.get(last) ?? ''}\n${line}`)
  }
  return blocks
}
