import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { OpenPlace } from './places.ts'

/** Rule id → the paths that our scanner says it was denied; from its results as JSON. */
export function readDenials(path: string): Map<string, ReadonlySet<string>> {
  // It was written by our own scanner a moment ago.
  const { rules } = JSON.parse(readFileSync(path, 'utf8')) as { rules: readonly { readonly id: string }[] }
  return new Map(rules.map((rule) => [rule.id, new Set(textsIn(rule).flatMap(deniedPath))]))
}

/** Whether the account that scans is really denied this path: it looks for itself, without either scanner. */
export function isDenied({ enter }: Pick<OpenPlace, 'enter'>, path: string): boolean {
  const look = 'if [ -d "$1" ]; then ls -la "$1"; else head -c 1 "$1"; fi >/dev/null'
  const [program, ...parameters] = enter(['sh', '-c', look, 'sh', path])
  const { stderr } = spawnSync(program, parameters, { env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' })
  return /: Permission denied$/m.test(stderr)
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function deniedPath(text: string): string[] {
  const [, path] = /^cannot read (\/.*) on .+: permission denied;/.exec(text) ?? []
  return path === undefined ? [] : [path]
}
