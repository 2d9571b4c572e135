import { parseAnsibleIni } from './ansible-ini.ts'
import { parseAnsibleYaml } from './ansible-yaml.ts'
import { parseCsvInventory } from './csv.ts'
import { NoWay, PlaceError } from './place.ts'
import type { Place } from './place.ts'
import { parseSshConfig } from './ssh-config.ts'

export const inventoryForms = ['csv', 'ansible-ini', 'ansible-yaml', 'ssh-config'] as const

export type InventoryForm = (typeof inventoryForms)[number]

/** A machine that an inventory names. */
export interface InventoryHost {
  /** Where it is named, from 1. */
  readonly line: number
  readonly name: string
  /** Undefined for a row of a table that says a type of asset and no host. */
  readonly place: Place | undefined
  /** Servers to go through, the nearest first; undefined where nothing is said, empty where it is said that there are none. */
  readonly jumps: readonly Place[] | undefined
  /** How to become the administrator after the login: `none`, `sudo`, `sudo-commands`, `su`, or another word of the inventory. */
  readonly become: string
  /** Private key files. */
  readonly identities: readonly string[]
  /** Undefined where nothing is said. */
  readonly legacyAlgorithms: boolean | undefined
  /** The groups that it is in, those around them too; without `all` and `ungrouped`. */
  readonly groups: readonly string[]
  /** Other columns of a table that have a value, by their heading. */
  readonly columns: ReadonlyMap<string, string>
}

/** A line from which no machine came: because it is wrong, or because it names one that is not reached by SSH. */
export interface InventoryProblem {
  readonly line: number
  readonly text: string
  readonly kind: 'passed over' | 'refused'
}

export interface Inventory {
  readonly form: InventoryForm
  readonly hosts: readonly InventoryHost[]
  readonly problems: readonly InventoryProblem[]
}

/** Where parsers put what they find; it has bounds, and beyond them nothing more is read. */
export class InventoryNotes {
  readonly hosts: InventoryHost[] = []
  readonly problems: InventoryProblem[] = []

  /** Adds what `read` answers; a place that is none, or no way to it, is a problem of the line, and the next line is read. */
  add(line: number, read: () => InventoryHost): void {
    if (this.hosts.length >= mostHosts) throw new InventoryTooLarge(line, `there are more than ${mostHosts} machines`)
    try {
      this.hosts.push(read())
    } catch (error) {
      if (error instanceof NoWay) this.passOver(line, error.message)
      else if (error instanceof PlaceError) this.refuse(line, error.message)
      else throw error
    }
  }

  refuse(line: number, text: string): void {
    if (this.problems.length >= mostProblems) throw new InventoryTooLarge(line, 'too much is wrong to go on')
    this.problems.push({ line, text, kind: 'refused' })
  }

  passOver(line: number, text: string): void {
    if (this.problems.length < mostProblems) this.problems.push({ line, text, kind: 'passed over' })
  }
}

/** The whole inventory is refused at this line. */
export class InventoryTooLarge extends Error {
  override readonly name = 'InventoryTooLarge'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** The files that `Include` of an ssh_config leads to, in their order. Throws {@link InventoryTooLarge} with the line. */
export type Included = (value: string, line: number) => readonly { readonly file: string; readonly text: string }[]

/** Of YAML about half a second of computation. */
export const maxInventoryBytes = 1024 * 1024
const mostHosts = 20_000
const mostProblems = 1000

/**
 * Reads an inventory: a CSV table, an Ansible inventory (INI or YAML) or an ssh_config. Its form is told by the name of
 * the file, and by its look where that says nothing. Never throws: what is wrong is a problem with its line, and what is
 * too large names no machine at all.
 */
export function parseInventory(
  text: string,
  named: { readonly form?: InventoryForm; readonly file?: string; readonly included?: Included } = {},
): Inventory {
  const form = named.form ?? formOf(named.file ?? '', text)
  const notes = new InventoryNotes()
  if (Buffer.byteLength(text) > maxInventoryBytes) {
    notes.refuse(1, `the inventory is larger than ${maxInventoryBytes / 1024 / 1024} MB; divide it`)
    return { form, hosts: [], problems: notes.problems }
  }
  try {
    parsers[form](text.replace(/^\ufeff/, ''), notes, named.included)
  } catch (error) {
    // The reader of YAML calls itself for what is nested, until the stack is full.
    const tooDeep = error instanceof RangeError ? new InventoryTooLarge(1, 'it is nested too deep') : error
    if (!(tooDeep instanceof InventoryTooLarge)) throw error
    const problem = { line: tooDeep.line, text: tooDeep.message, kind: 'refused' } as const
    return { form, hosts: [], problems: [...notes.problems.slice(0, mostProblems - 1), problem] }
  }
  return { form, hosts: notes.hosts, problems: notes.problems.toSorted((one, other) => one.line - other.line) }
}

type Parse = (text: string, notes: InventoryNotes, included: Included | undefined) => void

const parsers: Readonly<Record<InventoryForm, Parse>> = {
  csv: parseCsvInventory,
  'ansible-ini': parseAnsibleIni,
  'ansible-yaml': parseAnsibleYaml,
  'ssh-config': parseSshConfig,
}

function formOf(file: string, text: string): InventoryForm {
  const name = file.toLowerCase()
  if (name.endsWith('.csv')) return 'csv'
  if (/\.ya?ml$/.test(name)) return 'ansible-yaml'
  if (name.endsWith('.ini')) return 'ansible-ini'
  const start = text.slice(0, 64 * 1024)
  const hasSections = /^[ \t]*\[/m.test(start)
  if (/^[ \t]*(?:Host|Include)[ \t]/im.test(start) && !hasSections) return 'ssh-config'
  if (/^[ \t]*(?:---|all:)/m.test(start) && !hasSections) return 'ansible-yaml'
  return /^[^\n[=]*\b(?:host|type|ipaddress)\b[^\n[=]*(?:,|\n)/i.test(start) && /^[^\n]*,/.test(start)
    ? 'csv'
    : 'ansible-ini'
}
