import type { SshAddress } from '../asset-address.ts'
import { expandRange, hostsOf, newGroup, type Group } from './ansible.ts'

/** An Ansible inventory in the form of INI: hosts with variables, `[group]`, `[group:vars]`, `[group:children]`. */
export function parseAnsibleIni(text: string, path: string): SshAddress[] {
  const groups = new Map<string, Group>()
  const groupOf = (name: string): Group => {
    const group = groups.get(name) ?? newGroup()
    groups.set(name, group)
    return group
  }
  let section = 'ungrouped'
  let part = 'hosts'
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const heading = /^\[([^\]:]+)(?::(vars|children|hosts))?\]/.exec(line)
    if (heading !== null) {
      section = heading[1] ?? ''
      part = heading[2] ?? 'hosts'
      groupOf(section)
      continue
    }
    if (part === 'children') groupOf(section).children.add(line.split(/\s/)[0] ?? line)
    else if (part === 'vars') {
      const [name = '', ...value] = line.split('=')
      const group = groupOf(section)
      group.variables = { ...group.variables, [name.trim()]: unquote(value.join('=').trim()) }
    } else {
      const [host = '', ...settings] = words(line)
      for (const name of expandRange(host)) groupOf(section).hosts.set(name, variables(settings))
    }
  }
  return hostsOf(groups, path)
}

/** Words may hold blanks in quotes; a comment begins at a blank and `#`. */
function words(line: string): string[] {
  const text = line.replace(/\s#.*$/, '')
  return text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []
}

function variables(settings: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    settings.flatMap((setting) => {
      const at = setting.indexOf('=')
      return at === -1 ? [] : [[setting.slice(0, at), unquote(setting.slice(at + 1))]]
    }),
  )
}

const unquote = (text: string): string => text.replace(/^(["'])([\s\S]*)\1$/, '$2')
