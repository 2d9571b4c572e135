import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { InventoryTooLarge, maxInventoryBytes } from '@plumbline/collect'

/**
 * Reads what `Include` of an ssh_config leads to, as ssh_config(5) says: files by glob(7) in lexical order, those without
 * an absolute path in ~/.ssh, or in /etc/ssh for a file of there. A name that leads to nothing is no error.
 */
export function includedFiles(inventory: string) {
  const folder = resolve(inventory).startsWith('/etc/ssh/') ? '/etc/ssh' : join(homedir(), '.ssh')
  let bytes = 0
  return (value: string, line: number): { file: string; text: string }[] =>
    wordsOf(value).flatMap((word) => {
      if (/%|\$\{/.test(word)) throw new InventoryTooLarge(line, `Include of ${word} depends on where it is used`)
      const path = word.replace(/^~(?=\/)/, homedir())
      return glob(path.startsWith('/') ? path : join(folder, path)).map((file) => {
        const text = read(file, line)
        bytes += Buffer.byteLength(text)
        if (bytes > maxInventoryBytes)
          throw new InventoryTooLarge(line, `what is included is larger than ${maxInventoryBytes / 1024 / 1024} MB`)
        return { file, text }
      })
    })
}

const wordsOf = (value: string): string[] =>
  Array.from(value.matchAll(/"([^"]*)"|(\S+)/g), ([, inQuotes, plain]) => inQuotes ?? plain ?? '')

function read(file: string, line: number): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InventoryTooLarge(line, `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function glob(path: string): string[] {
  let found = ['/']
  for (const part of path.split('/').filter((one) => one !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found.map((folder) => join(folder, part))
      continue
    }
    const pattern = patternOf(part)
    found = found.flatMap((folder) =>
      namesIn(folder)
        .filter((name) => pattern.test(name))
        .map((name) => join(folder, name)),
    )
  }
  return found.filter((file) => existsSync(file)).toSorted()
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // It is no folder, or not ours to look into: glob(3) finds nothing there.
    return []
  }
}

/** glob(7): a dot at the beginning is matched by a dot alone. */
function patternOf(part: string): RegExp {
  const source = part.replace(/\[[!^]?\]?[^\]]*\]|[\s\S]/g, (one) => {
    if (one === '*') return '[^/]*'
    if (one === '?') return '[^/]'
    if (one.length > 1) return one.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
    return one.replace(/[.+^${}()|[\]\\]/, String.raw`\$&`)
  })
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`)
}
