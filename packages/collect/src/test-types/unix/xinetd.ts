import { parseServices } from '../../parsers/services.ts'
import { parseXinetdConf, xinetdValues, type XinetdSection } from '../../parsers/xinetd-conf.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type ItemValues } from '../../test-type.ts'

const item = {
  protocol: 'string',
  service_name: 'string',
  flags: 'string',
  no_access: 'string',
  only_from: 'string',
  port: 'int',
  server: 'string',
  server_arguments: 'string',
  socket_type: 'string',
  type: 'string',
  user: 'string',
  wait: 'boolean',
  disabled: 'boolean',
} as const

/** Services of xinetd: the unix `xinetd_test`. */
export const xinetd = defineTestType({
  family: 'unix',
  name: 'xinetd',
  description: 'Services that xinetd waits for, by /etc/xinetd.conf and the files that it includes.',
  object: ['protocol', 'service_name'],
  item,

  async collect(session, { object }) {
    const sections = await readConfiguration(session)
    if (sections === undefined) {
      return { flag: 'not applicable', messages: [`${session.asset} has no /etc/xinetd.conf`], found: [] }
    }
    const ports = parseServices((await session.readText('/etc/services')) ?? '')
    const defaults = sections.find(({ service }) => service === undefined)
    return sections.flatMap((section) => {
      const service_name = section.service
      if (service_name === undefined || !object.service_name.matches(service_name)) return []
      const described = describe(section, service_name, defaults, ports)
      return object.protocol.matches(described.protocol) ? [described] : []
    })
  },
})

/** Files that one configuration may be made of; it may include itself. */
const maxFiles = 128

function readConfiguration(session: Session): Promise<readonly XinetdSection[] | undefined> {
  return session.once('xinetd configuration', async () => {
    const sections: XinetdSection[] = []
    const files = ['/etc/xinetd.conf']
    for (let at = 0; at < files.length && at < maxFiles; at += 1) {
      const text = await session.readText(files[at] ?? '')
      if (text === undefined) {
        if (at === 0) return undefined
        continue
      }
      const conf = parseXinetdConf(text)
      sections.push(...conf.sections)
      const found = await Promise.all(conf.includeDirectories.map((folder) => filesIn(session, folder)))
      files.push(...[...conf.include, ...found.flat()].filter((file) => !files.includes(file)))
    }
    return sections
  })
}

/** xinetd.conf(5), includedir: not what an editor or a package manager left behind. */
async function filesIn(session: Session, folder: string): Promise<string[]> {
  const entries = (await session.list(folder)) ?? []
  return entries
    .filter(({ name, kind }) => kind !== 'directory' && !name.includes('.') && !name.endsWith('~'))
    .map(({ name }) => `${folder}/${name}`)
    .sort()
}

function describe(
  section: XinetdSection,
  name: string,
  defaults: XinetdSection | undefined,
  ports: ReadonlyMap<string, bigint>,
): ItemValues<typeof item> & { readonly protocol: string } {
  const list = (attribute: string): readonly string[] => xinetdValues(attribute, section, defaults) ?? []
  const text = (attribute: string): string | undefined => section.attributes.get(attribute)?.values.join(' ')
  const given = <Key extends keyof typeof item>(key: Key, value: string | undefined) =>
    value === undefined ? {} : { [key]: value }
  const socketType = text('socket_type')
  const protocol = text('protocol') ?? (socketType === 'dgram' ? 'udp' : 'tcp')
  const port = text('port')
  return {
    protocol,
    service_name: name,
    flags: list('flags'),
    no_access: list('no_access'),
    only_from: list('only_from'),
    port: port !== undefined && /^\d+$/.test(port) ? BigInt(port) : (ports.get(`${name}/${protocol}`) ?? 0n),
    ...given('server', text('server')),
    ...given('server_arguments', text('server_args')),
    ...given('socket_type', socketType),
    type: section.attributes.get('type')?.values ?? [],
    ...given('user', text('user')),
    wait: text('wait') === 'yes',
    disabled: isDisabled(text('id') ?? name, text('disable') === 'yes', defaults),
  }
}

/** xinetd.conf(5), `enabled` and `disabled` of defaults: the first, if it is there, names all that run. */
function isDisabled(id: string, byItself: boolean, defaults: XinetdSection | undefined): boolean {
  const enabled = defaults?.attributes.get('enabled')?.values
  if (byItself || defaults?.attributes.get('disabled')?.values.includes(id) === true) return true
  return enabled !== undefined && !enabled.includes(id)
}
