import { InventoryTooLarge } from './inventory.ts'
import type { InventoryHost, InventoryNotes } from './inventory.ts'
import { asPlace, checkName, PlaceError, quoted } from './place.ts'
import { becomeOfSudo, legacyAlgorithmsOf } from './own-settings.ts'
import { jumpsOfOptions } from './ssh-way.ts'

export type Variables = ReadonlyMap<string, string>

/** Groups with their own hosts, variables and groups within, as both forms of the inventory have them. */
export interface Group {
  readonly children: Set<string>
  readonly variables: Map<string, string>
}

/** An Ansible inventory while it is read. */
export class AnsibleInventory {
  readonly #notes: InventoryNotes
  readonly #groups = new Map<string, Group>()
  readonly #hosts = new Map<string, Host>()
  #memberships = 0

  constructor(notes: InventoryNotes) {
    this.#notes = notes
  }

  group(name: string, line: number): Group {
    const group = this.#groups.get(name) ?? { children: new Set(), variables: new Map() }
    this.#groups.set(name, group)
    if (this.#groups.size > mostGroups) throw new InventoryTooLarge(line, `there are more than ${mostGroups} groups`)
    return group
  }

  /** Hosts of a group by a name or a range of names, perhaps with their port. */
  addHosts(group: string, pattern: string, variables: Variables, line: number): void {
    const { host: hosts, port } = splitPort(pattern)
    let names: string[]
    try {
      names = expandRange(hosts)
    } catch (error) {
      if (!(error instanceof PlaceError)) throw error
      return this.#notes.refuse(line, error.message)
    }
    this.group(group, line)
    for (const name of names) {
      const host = this.#hosts.get(name) ?? { line, groups: new Set(), variables: new Map() }
      this.#hosts.set(name, host)
      if (port !== undefined) host.variables.set('ansible_port', port)
      for (const [variable, value] of variables) host.variables.set(variable, value)
      host.groups.add(group)
      this.#count(1, line)
    }
  }

  /**
   * Every host once, in the order of the file. What is said of the host itself wins, then what is said of the deepest group,
   * of several the one with the highest `ansible_group_priority`, or the last by name.
   */
  finish(): void {
    const parents = parentsOf(this.#groups)
    const depths = depthsOf(parents, this.#groups.keys())
    const priority = (name: string): number =>
      Number(this.#groups.get(name)?.variables.get('ansible_group_priority') ?? 1)
    const byWeight = (one: string, other: string): number =>
      (depths.get(one) ?? 0) - (depths.get(other) ?? 0) || priority(one) - priority(other) || (one < other ? -1 : 1)
    for (const [name, { line, groups: own, variables }] of this.#hosts) {
      const groups = [...nearestFirst(parents, own)]
      this.#count(groups.length, line)
      const said = new Map<string, string>()
      for (const group of [...groups.toSorted(byWeight).map((one) => this.#groups.get(one)?.variables), variables]) {
        for (const [variable, value] of group ?? []) said.set(variable, value)
      }
      const connection = said.get('ansible_connection') ?? ''
      if (connection === '' || ['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(connection)) {
        this.#notes.add(line, () => asHost(name, said, line, groups))
      } else this.#notes.passOver(line, `${quoted(name)} is reached by ${quoted(connection)}, not by SSH`)
    }
  }

  #count(memberships: number, line: number): void {
    this.#memberships += memberships
    if (this.#memberships > mostMemberships) throw new InventoryTooLarge(line, 'the groups have too many members')
  }
}

interface Host {
  readonly line: number
  readonly groups: Set<string>
  readonly variables: Map<string, string>
}

const mostGroups = 2000
const mostMemberships = 500_000

/** A host as the variables that stand for its connection tell it. Throws `PlaceError`. */
function asHost(name: string, variables: Variables, line: number, groups: readonly string[]): InventoryHost {
  const text = (...names: readonly string[]): string =>
    names.map((one) => variables.get(one)).find((one) => one !== undefined) ?? ''
  const isTrue = (value: string): boolean => /^(?:true|yes|on|1)$/i.test(value)
  const identity = text('ansible_ssh_private_key_file', 'ansible_private_key_file')
  const options = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'].map((one) => text(one))
  const sudo = variables.get('plumbline_sudo')
  return {
    line,
    name: checkName(name),
    place: asPlace(
      text('ansible_host', 'ansible_ssh_host') || name,
      text('ansible_port', 'ansible_ssh_port'),
      text('plumbline_user', 'ansible_user', 'ansible_ssh_user'),
      name,
    ),
    jumps: jumpsOfOptions(options.join(' ')),
    become:
      sudo === undefined
        ? isTrue(text('ansible_become'))
          ? text('ansible_become_method') || 'sudo'
          : 'none'
        : becomeOfSudo(sudo),
    identities: identity === '' ? [] : [identity],
    legacyAlgorithms: legacyAlgorithmsOf(text('plumbline_legacy_algorithms')),
    groups: groups.filter((group) => group !== 'all' && group !== 'ungrouped').map(checkName),
    columns: new Map(),
  }
}

/** `web-1:2222`, `[2001:db8::1]:2222`; an address of IPv6 without brackets has no port. */
function splitPort(pattern: string): { readonly host: string; readonly port: string | undefined } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|((?:[^:[\]]|\[[^\]]*\])+)):(\d+)$/.exec(pattern) ?? []
  return { host: bracketed ?? plain ?? pattern, port }
}

const mostNames = 65_536

/** `web[01:20].example.org`, `db-[a:c]`: a range in brackets, kept as wide as its beginning is written. */
export function expandRange(pattern: string): string[] {
  let names = [pattern]
  // Each turn expands the first range of every name; names of one pattern have the same ranges.
  for (;;) {
    const found = /^(.*?)\[(\w+):(\w+)(?::(\d+))?\](.*)$/s.exec(names[0] ?? '')
    if (found === null) return names
    const values = rangeOf(found, pattern)
    if (names.length * values.length > mostNames) throw new PlaceError(`${quoted(pattern)} is no range of hosts`)
    const range = found[0].slice(found[1]?.length ?? 0, found[0].length - (found[5]?.length ?? 0))
    names = names.flatMap((name) => {
      const at = name.indexOf(range)
      return values.map((value) => `${name.slice(0, at)}${value}${name.slice(at + range.length)}`)
    })
  }
}

function rangeOf([, , first = '', last = '', step = '1']: RegExpExecArray, pattern: string): string[] {
  const isNumber = /^\d+$/.test(first)
  const [from, to] = isNumber ? [Number(first), Number(last)] : [first.charCodeAt(0), last.charCodeAt(0)]
  const by = Math.max(1, Number(step))
  if (!(to >= from) || (to - from) / by > mostNames) throw new PlaceError(`${quoted(pattern)} is no range of hosts`)
  const values: string[] = []
  for (let at = from; at <= to; at += by) {
    values.push(isNumber ? String(at).padStart(first.length, '0') : String.fromCharCode(at))
  }
  return values
}

function parentsOf(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>()
  for (const [name, { children }] of groups) {
    for (const child of children) {
      const above = parents.get(child)
      if (above === undefined) parents.set(child, [name])
      else above.push(name)
    }
  }
  return parents
}

/** How far below `all` each group is, by the longest way. */
function depthsOf(
  parents: ReadonlyMap<string, readonly string[]>,
  names: Iterable<string>,
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>([['all', 0]])
  const under = new Set<string>()
  const depthOf = (name: string): number => {
    const known = depths.get(name)
    // A group that is below itself: Ansible refuses it.
    if (known !== undefined || under.has(name)) return known ?? 0
    under.add(name)
    const depth = 1 + Math.max(0, ...(parents.get(name) ?? []).map(depthOf))
    under.delete(name)
    depths.set(name, depth)
    return depth
  }
  for (const name of names) depthOf(name)
  return depths
}

/** The groups around a host, a ring at a time; `all` is farthest from everybody. */
function nearestFirst(parents: ReadonlyMap<string, readonly string[]>, own: ReadonlySet<string>): Set<string> {
  const around = new Set<string>()
  let ring = [...own].filter((name) => name !== 'all')
  while (ring.length > 0) {
    for (const name of ring) around.add(name)
    const next = ring.flatMap((name) => parents.get(name) ?? [])
    ring = [...new Set(next)].filter((name) => name !== 'all' && !around.has(name))
  }
  return around.add('all')
}
