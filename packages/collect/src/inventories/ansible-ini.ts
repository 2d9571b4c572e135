import { AnsibleInventory } from './ansible.ts'
import type { InventoryNotes } from './inventory.ts'
import { quoted } from './place.ts'
import { shellWords } from './ssh-way.ts'

/** An Ansible inventory in the form of INI: hosts with variables, `[group]`, `[group:vars]`, `[group:children]`. */
export function parseAnsibleIni(text: string, notes: InventoryNotes): void {
  const inventory = new AnsibleInventory(notes)
  let section = 'ungrouped'
  let part = 'hosts'
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const heading = /^\[([^\]:]+)(?::(vars|children|hosts))?\]\s*(?:[#;].*)?$/.exec(line)
    if (heading !== null) {
      section = heading[1]?.trim() ?? ''
      part = heading[2] ?? 'hosts'
      inventory.group(section, index + 1)
    } else if (line.startsWith('[') && line.endsWith(']')) {
      notes.refuse(index + 1, `${quoted(line)} is no heading: [group], [group:vars] or [group:children]`)
      // What follows it belongs to nobody.
      part = ''
    } else if (part === 'children') inventory.group(section, index + 1).children.add(line.split(/\s/)[0] ?? line)
    else if (part === 'vars') {
      const [name = '', ...value] = line.split('=')
      inventory.group(section, index + 1).variables.set(name.trim(), literal(value.join('=').trim()))
    } else if (part === 'hosts') {
      const [host = '', ...settings] = words(line)
      inventory.addHosts(section, host, variables(settings), index + 1)
    }
  }
  inventory.finish()
}

/** Words as a shell divides them; a comment begins at a blank and `#`. */
function words(line: string): string[] {
  const all = shellWords(line)
  const comment = all.findIndex(({ written }) => written.startsWith('#'))
  return all.slice(0, comment === -1 ? all.length : comment).map(({ word }) => word)
}

function variables(settings: readonly string[]): Map<string, string> {
  return new Map(
    settings.flatMap((setting) => {
      const at = setting.indexOf('=')
      return at === -1 ? [] : [[setting.slice(0, at), literal(setting.slice(at + 1))] as const]
    }),
  )
}

/** What is a string or a number of Python stands for that, and may have a comment behind it; anything else is as it is. */
function literal(text: string): string {
  const [, , quotedText, number] = /^(?:(["'])((?:\\.|(?!\1)[^\\])*)\1|(\d+))\s*(?:#.*)?$/s.exec(text) ?? []
  return number ?? quotedText?.replace(/\\(["'\\])/g, '$1') ?? text
}
