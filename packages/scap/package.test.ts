import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? ''

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

test('what is packed is JavaScript with its types, and the example of the README runs on it with nothing else', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-pack-'))
  t.after(() => rmSync(folder, { recursive: true }))

  // A copy, for packing changes the manifest for a moment.
  const copy = join(folder, 'copy/packages/scap')
  mkdirSync(join(folder, 'copy/packages'), { recursive: true })
  cpSync(import.meta.dirname, copy, {
    recursive: true,
    filter: (path) => !/\/(?:node_modules|dist|readme-\w+)$/.test(path),
  })
  for (const name of ['tsconfig.json', 'LICENSE']) cpSync(join(root, name), join(folder, 'copy', name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'copy/node_modules'))
  const before = readFileSync(join(copy, 'package.json'), 'utf8')
  const npm = (where: string, ...parameters: string[]): string =>
    execFileSync('npm', [...parameters, '--offline', '--no-audit', '--no-fund', '--cache', join(folder, 'cache')], {
      cwd: where,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const told = npm(copy, 'pack', '--json', '--pack-destination', folder)
  const [packed] = Object.values(JSON.parse(told.slice(told.search(/^[[{]/m))) as Record<string, Packed>)
  assert.equal(readFileSync(join(copy, 'package.json'), 'utf8'), before)
  const paths = packed?.files.map(({ path }) => path) ?? []
  const others = paths.filter((path) => !/^dist\/.*\.(?:js|d\.ts)$/.test(path))
  assert.deepEqual(others.toSorted(), ['LICENSE', 'README.md', 'package.json'])
  assert.deepEqual(
    paths.filter((path) => /\.test\.|testing/.test(path)),
    [],
  )

  const user = join(folder, 'user')
  mkdirSync(user)
  writeFileSync(join(user, 'package.json'), '{ "private": true, "type": "module" }')
  npm(user, 'install', join(folder, packed?.filename ?? ''))
  writeFileSync(join(user, 'example.ts'), block('ts'))
  assert.equal(execFileSync(process.execPath, ['example.ts'], { cwd: user, encoding: 'utf8' }), block('text'))
  writeFileSync(
    join(user, 'pattern.js'),
    `import { compilePattern } from '@plumbline/scap/regex'; console.log(typeof compilePattern('a'))`,
  )
  assert.equal(execFileSync(process.execPath, ['pattern.js'], { cwd: user, encoding: 'utf8' }), 'object\n')

  // The declarations stand alone: whoever compiles against them needs no types of anybody else, and none are wrong.
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', '']
  execFileSync(join(root, 'node_modules/.bin/tsc'), [...options, 'declared.ts'], {
    cwd: declare(user),
    stdio: 'inherit',
  })
})

/** The example without what only Node.js or a browser declares. */
function declare(user: string): string {
  const console = 'declare const console: { log(text: string): void }\n'
  const encoder = 'declare class TextEncoder { encode(text: string): Uint8Array }\n'
  writeFileSync(join(user, 'declared.ts'), block('ts').replace(/^(?=\/\/ Content)/m, console + encoder))
  return user
}
