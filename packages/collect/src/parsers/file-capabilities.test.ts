import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapabilityAttribute, parseCapabilityText } from './file-capabilities.ts'

/** As setcap(8) writes the text into the attribute `security.capability`. */
const rows: readonly (readonly [text: string, attribute: string])[] = [
  ['cap_net_raw=ep', '0100000200200000000000000000000000000000'],
  ['cap_net_admin,cap_net_raw=ep', '0100000200300000000000000000000000000000'],
  ['= cap_net_admin,cap_net_raw+ep', '0100000200300000000000000000000000000000'],
  ['cap_chown=p', '0000000201000000000000000000000000000000'],
  ['cap_chown=i', '0000000200000000010000000000000000000000'],
  ['cap_chown=eip cap_chown-e', '0000000201000000010000000000000000000000'],
  ['cap_checkpoint_restore=ep', '0100000200000000000000000001000000000000'],
  ['CAP_SYSLOG+ep', '0100000200000000000000000400000000000000'],
]

for (const [text, attribute] of rows) {
  test(`${text} is what setcap writes for it`, () =>
    assert.deepEqual(parseCapabilityText(text), parseCapabilityAttribute(Buffer.from(attribute, 'hex'))))
}

test('what is none is not taken for one', () => {
  for (const text of ['cap_none=ep', 'cap_chown', 'cap_chown=x', '=ep cap_chown,=p']) {
    assert.equal(parseCapabilityText(text), undefined, text)
  }
  for (const attribute of ['', '00', '01000001ffffffffffffffffffffffffffffffff', '0100000200200000']) {
    assert.equal(parseCapabilityAttribute(Buffer.from(attribute, 'hex')), undefined, attribute)
  }
  assert.deepEqual(parseCapabilityText(''), { permitted: 0n, inheritable: 0n, effective: 0n })
})
