import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { errorTable } from '../packages/server/src/errors.ts'

const page = readFileSync(new URL('./errors.md', import.meta.url), 'utf8')
const codesOf = (file: string, name: string): string[] => {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8')
  const union = new RegExp(`type ${name} =([\\s\\S]*?)\\n\\n`).exec(source)?.[1] ?? ''
  return [...union.matchAll(/'([\w-]+)'/g)].map(([, code]) => code ?? '')
}

test('the page of errors has every code of the API with its status', () => {
  for (const [code, [status]] of Object.entries(errorTable)) {
    assert.match(page, new RegExp(`^\\| \`${code}\` \\| ${status} \\|`, 'm'))
  }
})

for (const [file, name] of [
  ['../packages/collect/src/errors.ts', 'TransportErrorCode'],
  ['../packages/scap/src/errors.ts', 'ContentErrorCode'],
] as const) {
  test(`the page of errors has every ${name}`, () => {
    const codes = codesOf(file, name)
    assert.ok(codes.length > 5, `found ${codes.length} codes`)
    for (const code of codes) assert.ok(page.includes(`\`${code}\``), code)
  })
}
