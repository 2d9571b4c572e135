import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDenial } from '@plumbline/scap'
import { asTransportError } from './errors.ts'
import { readComplaint } from './transports/ssh/reasons.ts'

const failure = (code: string): Error => Object.assign(new Error(code), { code })
const asked = { path: '/etc/shadow', asset: 'web-1' }

test('an evaluation tells a denial, and no other error, by its message', () => {
  const denials = [
    asTransportError(failure('EACCES'), asked.path, asked.asset),
    asTransportError(failure('EPERM'), asked.path, asked.asset),
    readComplaint('cat: /etc/shadow: Permission denied', { ...asked, grant: undefined }),
    readComplaint('cat: /etc/shadow: Permission denied', { ...asked, grant: 'cat /etc/shadow' }),
  ]
  for (const denial of denials) assert.ok(isDenial(denial?.message ?? ''), denial?.message)
  assert.ok(!isDenial(asTransportError(failure('EIO'), asked.path, asked.asset).message))
})
