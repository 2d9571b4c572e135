import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { engineVersion } from './version.ts'

test('the version is the one of the package', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  assert.equal(engineVersion, (JSON.parse(text) as { version: string }).version)
})
