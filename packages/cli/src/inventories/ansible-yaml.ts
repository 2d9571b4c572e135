import { parse } from 'yaml'
import type { SshAddress } from '../asset-address.ts'
import { Failure } from '../failure.ts'
import { expandRange, hostsOf, newGroup, type Group, type Variables } from './ansible.ts'

/** An Ansible inventory in the form of YAML: groups with `hosts`, `vars` and `children`, nested as deep as they like. */
export function parseAnsibleYaml(text: string, path: string): SshAddress[] {
  let document: unknown
  try {
    // Aliases that multiply would fill the memory.
    document = parse(text, { maxAliasCount: 100, logLevel: 'error' })
  } catch (error) {
    throw new Failure(`${path} is no YAML: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  const groups = new Map<string, Group>()
  for (const [name, group] of Object.entries(asMap(document))) addGroup(groups, name, group, 0)
  return hostsOf(groups, path)
}

const maxDepth = 50

function addGroup(groups: Map<string, Group>, name: string, value: unknown, depth: number): void {
  if (depth > maxDepth) throw new Failure(`the group ${name} is nested too deep`)
  const group = groups.get(name) ?? newGroup()
  groups.set(name, group)
  const { hosts, vars, children } = asMap(value)
  group.variables = { ...group.variables, ...asMap(vars) }
  for (const [pattern, variables] of Object.entries(asMap(hosts))) {
    for (const host of expandRange(pattern)) group.hosts.set(host, asMap(variables))
  }
  for (const [child, below] of Object.entries(asMap(children))) {
    group.children.add(child)
    addGroup(groups, child, below, depth + 1)
  }
}

function asMap(value: unknown): Variables {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Variables) : {}
}
