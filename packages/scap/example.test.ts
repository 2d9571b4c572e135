import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

test('the example of the README runs and prints what it says', (t) => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  const block = (language: string): string =>
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? ''
  // Inside the package, where its name leads to it.
  const folder = mkdtempSync(join(import.meta.dirname, 'readme-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const example = join(folder, 'example.ts')
  writeFileSync(example, block('ts'))
  assert.equal(execFileSync(process.execPath, [example], { encoding: 'utf8' }), block('text'))
  assert.match(block('text'), /Failed because line 12/)
})
