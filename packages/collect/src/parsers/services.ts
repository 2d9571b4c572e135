/** /etc/services: the port of a service, by its name or an alias of it, and protocol (`ssh/tcp`). */
export function parseServices(text: string): ReadonlyMap<string, bigint> {
  const ports = new Map<string, bigint>()
  for (const line of text.split('\n')) {
    const [name, number, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    const [, port, protocol] = /^(\d{1,5})\/(\w+)$/.exec(number ?? '') ?? []
    if (name === undefined || port === undefined || protocol === undefined) continue
    for (const one of [name, ...aliases]) {
      if (!ports.has(`${one}/${protocol}`)) ports.set(`${one}/${protocol}`, BigInt(port))
    }
  }
  return ports
}
