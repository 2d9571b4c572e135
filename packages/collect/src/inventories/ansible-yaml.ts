import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import type { Document, LineCounter, Node } from 'yaml'
import { AnsibleInventory } from './ansible.ts'
import { InventoryTooLarge } from './inventory.ts'
import type { InventoryNotes } from './inventory.ts'

/** Only who has such an inventory waits for the library. */
const load = createRequire(import.meta.url)
const yaml = (): typeof Yaml => load('yaml') as typeof Yaml

/** An Ansible inventory in the form of YAML: groups with `hosts`, `vars` and `children`, nested as deep as they like. */
export function parseAnsibleYaml(text: string, notes: InventoryNotes): void {
  checkNesting(text)
  const lines = new (yaml().LineCounter)()
  const document = yaml().parseDocument(text, { lineCounter: lines, logLevel: 'silent', uniqueKeys: false })
  for (const { linePos, message } of document.errors.slice(0, 20)) {
    notes.refuse(linePos?.[0].line ?? 1, `this is no YAML: ${message.split('\n')[0]?.replace(/ at line.*$/, '')}`)
  }
  if (document.errors.length > 0) return
  new YamlReader(document, lines, notes).read()
}

const maxDepth = 50
const maxBrackets = 200
const mostAliases = 5000
/** Aliases that multiply would take for ever: so many entries are read, aliases followed. */
const mostEntries = 300_000

/** Brackets in brackets and aliases cost the library more than they cost whoever writes them. */
function checkNesting(text: string): void {
  let [depth, aliases, line] = [0, 0, 1]
  for (const [sign] of text.matchAll(/[[\]{}\n]|(?<=[\s,[{-])\*\w/g)) {
    if (sign === '\n') line += 1
    else if (sign === '[' || sign === '{') depth += 1
    else if (sign === ']' || sign === '}') depth = Math.max(0, depth - 1)
    else aliases += 1
    if (depth > maxBrackets) throw new InventoryTooLarge(line, 'brackets are nested too deep')
    if (aliases > mostAliases) throw new InventoryTooLarge(line, `there are more than ${mostAliases} aliases`)
  }
}

class YamlReader {
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #inventory: AnsibleInventory
  readonly #aliases: ReadonlyMap<unknown, unknown>
  #entries = 0

  constructor(document: Document, lines: LineCounter, notes: InventoryNotes) {
    this.#document = document
    this.#lines = lines
    this.#aliases = aliasesOf(document)
    this.#inventory = new AnsibleInventory(notes)
  }

  read(): void {
    for (const { key, value, line } of this.#entriesOf(this.#document.contents, 0)) this.#addGroup(key, value, line, 0)
    this.#inventory.finish()
  }

  #addGroup(name: string, node: unknown, line: number, depth: number): void {
    if (depth > maxDepth) throw new InventoryTooLarge(line, 'the groups are nested too deep')
    const group = this.#inventory.group(name, line)
    for (const part of this.#entriesOf(node, 0)) {
      if (part.key === 'vars') for (const [one, value] of this.#variables(part.value)) group.variables.set(one, value)
      if (part.key === 'hosts') {
        for (const host of this.#entriesOf(part.value, 0)) {
          this.#inventory.addHosts(name, host.key, this.#variables(host.value), host.line)
        }
      }
      if (part.key === 'children') {
        for (const child of this.#entriesOf(part.value, 0)) {
          group.children.add(child.key)
          this.#addGroup(child.key, child.value, child.line, depth + 1)
        }
      }
    }
  }

  #variables(node: unknown): Map<string, string> {
    const variables = new Map<string, string>()
    for (const { key, value } of this.#entriesOf(node, 0)) {
      const given = this.#resolved(value)
      if (!yaml().isScalar(given)) continue
      const said: unknown = given.value
      if (['string', 'number', 'boolean'].includes(typeof said)) variables.set(key, `${said as string}`)
    }
    return variables
  }

  #resolved(node: unknown): unknown {
    return this.#aliases.get(node) ?? node
  }

  /** The entries of a map, those that `<<` brings in first, so that its own win. */
  *#entriesOf(node: unknown, depth: number): Generator<{ key: string; value: unknown; line: number }> {
    const map = this.#resolved(node)
    if (!yaml().isMap(map) || depth > maxDepth) return
    const own: { key: string; value: unknown; line: number }[] = []
    for (const { key, value } of map.items) {
      const line = yaml().isScalar(key) && key.range ? this.#lines.linePos(key.range[0]).line : 1
      this.#entries += 1
      if (this.#entries > mostEntries) throw new InventoryTooLarge(line, 'aliases bring in too much')
      if (!yaml().isScalar(key)) continue
      if (key.value === '<<') {
        for (const from of yaml().isSeq(value) ? value.items : [value]) yield* this.#entriesOf(from, depth + 1)
      } else own.push({ key: String(key.value), value, line })
    }
    yield* own
  }
}

/** What each alias stands for: the library looks through the whole document for one, so all are found at once. */
function aliasesOf(document: Document): Map<unknown, unknown> {
  const [anchors, aliases] = [new Map<string, Node>(), new Map<unknown, unknown>()]
  yaml().visit(document, {
    Node(_, node) {
      if (yaml().isAlias(node)) aliases.set(node, anchors.get(node.source))
      else if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return aliases
}
