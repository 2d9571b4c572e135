import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isDenied, readDenials } from './denials.ts'
import type { Command } from './places.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-denials-'))
after(() => rmSync(folder, { recursive: true }))

test('what was denied is read from all messages of a rule', () => {
  const report = join(folder, 'ours.json')
  const denied = 'cannot read /etc/shadow on web-1: permission denied; grant sudo or use an account that may'
  const rules = [
    {
      id: 'x_rule_denied',
      why: 'Could not be told.',
      trace: { documents: [{ tests: { a: { messages: [denied] } } }] },
    },
    { id: 'x_rule_broken', messages: ['cannot read /etc/x on web-1: too many symbolic links on the way'] },
  ]
  writeFileSync(report, JSON.stringify({ rules }))
  assert.deepEqual(
    readDenials(report),
    new Map([
      ['x_rule_denied', new Set(['/etc/shadow'])],
      ['x_rule_broken', new Set()],
    ]),
  )
})

const skip = userInfo().uid === 0 ? false : 'needs root, who looks as another account'

test('a path is denied to an account that may not read it, and not when it may or there is none', { skip }, () => {
  const enter = (command: Command): Command => ['setpriv', '--reuid=65534', '--clear-groups', '--', ...command]
  chmodSync(folder, 0o755)
  const [open, closed, barred] = ['open', 'closed', 'barred'].map((name) => join(folder, name))
  assert.ok(open !== undefined && closed !== undefined && barred !== undefined)
  writeFileSync(open, 'x')
  writeFileSync(closed, 'x', { mode: 0o600 })
  mkdirSync(barred, { mode: 0o700 })
  const looked = [open, closed, barred, join(barred, 'below'), join(folder, 'none'), folder]
  assert.deepEqual(
    looked.map((path) => isDenied({ enter }, path)),
    [false, true, true, true, false, false],
  )
})
