import { asPlace, parsePlace, type SshAddress } from '../asset-address.ts'
import { Failure } from '../failure.ts'

export type Variables = Readonly<Record<string, unknown>>

/** A host of an Ansible inventory as an address, by the variables that stand for its connection. */
export function asAddress(name: string, variables: Variables, path: string): SshAddress | undefined {
  const text = (...names: readonly string[]): string => {
    const value = names.map((one) => variables[one]).find((one) => one !== undefined && one !== null)
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
  }
  const connection = text('ansible_connection')
  if (connection !== '' && !['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(connection)) return undefined
  const isTrue = (value: string): boolean => /^(?:true|yes|on|1)$/i.test(value)
  const method = text('ansible_become_method') || 'sudo'
  if (!['su', 'sudo'].includes(method) && isTrue(text('ansible_become'))) {
    throw new Failure(`${path}: ${name} becomes the administrator by ${method}; only sudo and su are supported`)
  }
  const identity = text('ansible_ssh_private_key_file', 'ansible_private_key_file')
  const extra = `${text('ansible_ssh_common_args')} ${text('ansible_ssh_extra_args')}`
  const jump = /(?:-J\s*|-o\s*["']?ProxyJump[= ])\s*([^\s"']+)/.exec(extra)?.[1]
  return {
    kind: 'ssh',
    ...asPlace(
      text('ansible_host', 'ansible_ssh_host') || name,
      text('ansible_port', 'ansible_ssh_port'),
      text('ansible_user', 'ansible_ssh_user'),
      `${path}: ${name}`,
    ),
    name,
    jumps: jump === undefined ? [] : jump.split(',').map(parsePlace),
    become: isTrue(text('ansible_become')) ? (method === 'su' ? 'su' : 'sudo') : 'none',
    identities: identity === '' ? [] : [identity],
    legacyAlgorithms: false,
  }
}

/** `web[01:20].example.org`, `db-[a:c]`: a range in brackets, kept as wide as its beginning is written. */
export function expandRange(pattern: string): string[] {
  const found = /^(.*?)\[(\w+):(\w+)(?::(\d+))?\](.*)$/s.exec(pattern)
  if (found === null) return [pattern]
  const [, before = '', first = '', last = '', step = '1', behind = ''] = found
  const isNumber = /^\d+$/.test(first)
  const from = isNumber ? Number(first) : first.charCodeAt(0)
  const to = isNumber ? Number(last) : last.charCodeAt(0)
  const by = Math.max(1, Number(step))
  if (!(to >= from) || (to - from) / by > 65_536) throw new Failure(`"${pattern}" is no range of hosts`)
  const names: string[] = []
  for (let at = from; at <= to; at += by) {
    names.push(isNumber ? String(at).padStart(first.length, '0') : String.fromCharCode(at))
  }
  return names.flatMap((name) => expandRange(`${before}${name}${behind}`))
}

/** Groups with their own hosts, variables and groups within, as both forms of the inventory have them. */
export interface Group {
  readonly hosts: Map<string, Variables>
  readonly children: Set<string>
  variables: Variables
}

export const newGroup = (): Group => ({ hosts: new Map(), children: new Set(), variables: {} })

/** Every host once, in the order of the file; what is said of the group nearest to it wins, of the host itself first. */
export function hostsOf(groups: ReadonlyMap<string, Group>, path: string): SshAddress[] {
  const own = new Map<string, Variables>()
  for (const { hosts } of groups.values()) {
    for (const [name, variables] of hosts) own.set(name, { ...own.get(name), ...variables })
  }
  return [...own].flatMap(([name, variables]) => {
    const inherited = [...groups]
      .map(([group, { variables: said }]) => ({ said, distance: distanceTo(groups, group, name, new Set()) }))
      .filter(({ distance }) => distance !== undefined)
      .toSorted((one, other) => (other.distance ?? 0) - (one.distance ?? 0))
    const address = asAddress(
      name,
      Object.assign({}, ...inherited.map(({ said }) => said), variables) as Variables,
      path,
    )
    return address === undefined ? [] : [address]
  })
}

/** How many groups are between a group and a host; `all` is farthest from everybody. */
function distanceTo(
  groups: ReadonlyMap<string, Group>,
  group: string,
  host: string,
  seen: Set<string>,
): number | undefined {
  if (group === 'all' && seen.size === 0) return Number.MAX_SAFE_INTEGER
  const found = groups.get(group)
  if (found === undefined || seen.has(group)) return undefined
  if (found.hosts.has(host)) return 0
  const within = [...found.children].map((child) => distanceTo(groups, child, host, new Set([...seen, group])))
  const near = within.filter((distance) => distance !== undefined)
  return near.length === 0 ? undefined : Math.min(...near) + 1
}
