import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isChosen, maxInventoryBytes, parseInventory } from '@plumbline/collect'
import type { InventoryHost } from '@plumbline/collect'
import { asLogin, type SshAddress } from './asset-address.ts'
import { Failure } from './failure.ts'
import { includedFiles } from './included-files.ts'
import { printable } from './output.ts'

/** The machines that an inventory file names. Its form is told by its name, and by its look where that says nothing. */
export function readInventory(path: string, patterns: readonly string[]): SshAddress[] {
  const { hosts, problems } = parseInventory(readInventoryText(path), {
    file: path,
    included: includedFiles(path),
  })
  const [wrong] = problems.filter(({ kind }) => kind === 'refused')
  if (wrong !== undefined) throw new Failure(`${path}, line ${wrong.line}: ${wrong.text}`)
  for (const { line, text } of problems)
    process.stderr.write(`${path}, line ${line}: passed over: ${printable(text)}\n`)
  const found = hosts.flatMap((host) => asAddress(host, path))
  const chosen = patterns.length === 0 ? found : found.filter(({ name, host }) => isChosen(patterns, [name, host]))
  if (chosen.length === 0) {
    throw new Failure(found.length === 0 ? `${path} names no machine` : `no machine of ${path} agrees with --limit`)
  }
  return chosen
}

export function readInventoryText(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > maxInventoryBytes) throw new Failure(`it is larger than ${maxInventoryBytes / 1024 / 1024} MB`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function asAddress(host: InventoryHost, path: string): SshAddress[] {
  const { place, name, jumps, become, identities, legacyAlgorithms } = host
  if (place === undefined) return []
  if (become !== 'none' && become !== 'su' && become !== 'sudo' && become !== 'sudo-commands') {
    throw new Failure(`${path}: ${name} becomes the administrator by ${become}; only sudo and su are supported`)
  }
  return [
    {
      kind: 'ssh',
      ...asLogin(place),
      name,
      jumps: (jumps ?? []).map(asLogin),
      become,
      identities: identities.map((file) => file.replace(/^~(?=\/)/, homedir())),
      legacyAlgorithms: legacyAlgorithms ?? false,
    },
  ]
}
