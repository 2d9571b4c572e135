import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

/**
 * Who may import whom. A name is a folder (or a file without its ending) below `packages/<package>/src`; a bare package
 * name is its `index.ts`; `types of X` allows `import type` only. A package's `errors` is open to the whole package.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'scap/xml': [],
  'scap/regex': [],
  'scap/oval': ['scap/xml', 'scap/regex'],
  'scap/cpe': ['scap/xml', 'scap/oval'],
  'scap/sce': ['scap/oval', 'types of scap/xccdf'],
  'scap/xccdf': ['scap/xml', 'scap/oval', 'scap/cpe', 'scap/sce'],
  'scap/bundle': ['scap/xml', 'scap/oval', 'scap/cpe', 'scap/sce', 'scap/xccdf'],
  'scap/explain': ['scap/oval', 'scap/cpe', 'scap/sce', 'scap/xccdf', 'scap/bundle'],
  'scap/report': [
    'scap/xml',
    'scap/oval',
    'scap/cpe',
    'scap/sce',
    'scap/xccdf',
    'scap/bundle',
    'scap/explain',
    'scap/version',
  ],
  'scap/index': ['scap/*'],
  'collect/session': [],
  'collect/parsers': [],
  'collect/inventories': [],
  'collect/transports': ['collect/session', 'types of scap', 'scap/regex'],
  'collect/platform': ['collect/session', 'collect/parsers', 'types of scap'],
  'collect/test-type': ['collect/session', 'scap'],
  'collect/walk': ['collect/session', 'collect/parsers', 'collect/test-type', 'scap'],
  'collect/test-types': [
    'collect/session',
    'collect/test-type',
    'collect/parsers',
    'collect/platform',
    'collect/walk',
    'scap',
  ],
  'collect/registry': ['collect/test-types', 'collect/test-type', 'scap'],
  'collect/remote-content': [],
  'collect/script': ['collect/session', 'scap'],
  'collect/collect': [
    'collect/session',
    'collect/script',
    'collect/parsers',
    'collect/platform',
    'collect/test-type',
    'collect/registry',
    'scap',
  ],
  'collect/privileges': ['collect/session', 'collect/transports', 'scap'],
  'collect/index': ['collect/*'],
  'server/api': [],
  'server/vault': ['server/config'],
  'server/meters': [],
  'server/db': ['server/log'],
  'server/jobs': ['server/db', 'server/log'],
  'server/store': ['server/db', 'server/jobs', 'types of scap', 'scap', 'types of collect'],
  'server/imports': ['server/api', 'server/store', 'server/db', 'collect'],
  'server/tasks': [
    'server/imports',
    'server/api',
    'server/store',
    'server/jobs',
    'server/db',
    'server/reporting',
    'server/log',
    'server/vault',
    'collect',
    'scap',
  ],
  'server/reporting': ['server/db', 'server/store', 'server/log'],
  'server/auth': ['server/api', 'server/store', 'server/db'],
  'server/routes': [
    'server/imports',
    'server/api',
    'server/store',
    'server/jobs',
    'server/auth',
    'server/db',
    'server/config',
    'server/context',
    'server/reporting',
    'server/vault',
    'server/meters',
    'collect',
    'types of scap',
    'scap',
  ],
  'server/*': ['server/*', 'collect', 'scap'],
  cli: ['cli', 'server/config', 'server/places', 'types of server', 'collect', 'scap'],
}

const importLine = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.tsx?$/.test(entry.name) && !/\.(test|contract)\.ts$|\/testing/.test(path)) yield path
  }
}

/** `packages/scap/src/oval/parse.ts` → `scap/oval`; files at the top of a package are rooms of their own. */
function roomOf(path: string): string {
  const [, name, , first] = path.split('/')
  if (name === 'cli') return 'cli'
  return `${name}/${(first ?? '').replace(/\.ts$/, '')}`
}

function rulesFor(room: string): readonly string[] {
  return mayImport[room] ?? mayImport[`${room.split('/')[0]}/*`] ?? []
}

function isAllowed(from: string, to: string, typeOnly: boolean): boolean {
  if (from === to) return true
  const name = from.split('/')[0] ?? ''
  if (to === `${name}/errors`) return true
  return rulesFor(from).some(
    (rule) =>
      rule === to || (rule === `${name}/*` && to.startsWith(`${name}/`)) || (typeOnly && rule === `types of ${to}`),
  )
}

test('every import follows the table of who may import whom', () => {
  const broken: string[] = []
  let seen = 0
  for (const path of sources('packages')) {
    const from = roomOf(path)
    for (const [, typeOnly, specifier, bare] of readFileSync(path, 'utf8').matchAll(importLine)) {
      const target = specifier ?? bare ?? ''
      let to: string | undefined
      if (target.startsWith('.')) to = roomOf(relative('.', join(dirname(path), target)))
      else if (target.startsWith('@plumbline/')) to = target.slice('@plumbline/'.length)
      if (to === undefined) continue
      seen += 1
      if (!isAllowed(from, to, typeOnly !== undefined)) broken.push(`${from} may not know ${to} (${path})`)
    }
  }
  assert.ok(seen > 0, 'no import was found: the test looks in the wrong place')
  assert.deepEqual(broken, [])
})

test('every release is named as package.json names it', async () => {
  const released = ['.', ...readdirSync('packages').map((name) => join('packages', name))].map(
    (folder) => (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version,
  )
  const [scap, cli] = [await import('./packages/scap/src/version.ts'), await import('./packages/cli/src/version.ts')]
  assert.deepEqual([...new Set([...released, scap.engineVersion, cli.version])].length, 1)
})
