import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { SshAddress } from './asset-address.ts'
import { Failure } from './failure.ts'
import { parseAnsibleIni } from './inventories/ansible-ini.ts'
import { parseAnsibleYaml } from './inventories/ansible-yaml.ts'
import { parseCsvInventory } from './inventories/csv.ts'
import { asPattern } from './inventories/pattern.ts'
import { parseSshConfig } from './inventories/ssh-config.ts'

/** The machines that an inventory file names. Its form is told by its name, and by its look where that says nothing. */
export function readInventory(path: string, patterns: readonly string[]): SshAddress[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  const found = parserFor(path, text)(text, path)
  const chosen = patterns.length === 0 ? found : found.filter(({ name, host }) => isChosen(patterns, [name, host]))
  if (chosen.length === 0) {
    throw new Failure(found.length === 0 ? `${path} names no machine` : `no machine of ${path} agrees with --limit`)
  }
  return chosen
}

function parserFor(path: string, text: string): (text: string, path: string) => SshAddress[] {
  const name = basename(path).toLowerCase()
  if (/\.csv$/.test(name)) return parseCsvInventory
  if (/\.ya?ml$/.test(name)) return parseAnsibleYaml
  if (/\.ini$/.test(name)) return parseAnsibleIni
  if (/^\s*Host\s/im.test(text) && !/^\s*\[/m.test(text)) return parseSshConfig
  if (/^\s*(?:---|all:)/m.test(text) && !/^\s*\[/m.test(text)) return parseAnsibleYaml
  return parseAnsibleIni
}

/** `*` is any characters, `?` one; a pattern after `!` takes away. */
function isChosen(patterns: readonly string[], names: readonly string[]): boolean {
  const agrees = (pattern: string): boolean => names.some((name) => asPattern(pattern).test(name))
  const given = patterns.flatMap((pattern) => pattern.split(','))
  if (given.some((pattern) => pattern.startsWith('!') && agrees(pattern.slice(1)))) return false
  const wanted = given.filter((pattern) => !pattern.startsWith('!'))
  return wanted.length === 0 || wanted.some(agrees)
}
