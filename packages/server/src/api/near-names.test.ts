import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assetAttributes } from './asset-types.ts'
import { nearNames } from './near-names.ts'

const prefix = 'symc-csm-AssetSystem-Asset-'

test('names that a misspelt one may have meant are found by their last part, and no far ones', () => {
  const known = ['displayName', 'whenCreated', ...assetAttributes]
  for (const [given, names] of [
    [`${prefix}Unix-Machine-OSSytem`, [`${prefix}Unix-Machine-OSSystem`]],
    ['ossystem', [`${prefix}Unix-Machine-OSSystem`]],
    [`${prefix}Unix-Machin-SSHPort`, [`${prefix}Unix-Machine-SSHPortNo`]],
    ['dispalyname', ['displayName']],
    ['hostname', [`${prefix}Wnt-Machine-HostName`, `${prefix}Dbif-server-hostName`]],
    ['colour', []],
    ['', []],
  ] as const) {
    assert.deepEqual(nearNames(given, known), names, given)
  }
})

test('a name that is no slip of the hand is compared with none', () => {
  assert.deepEqual(nearNames(`${'x'.repeat(200)}-OSSytem`, assetAttributes), [])
  // Names come from callers, too: what is long there is not looked at either.
  assert.deepEqual(nearNames('displayNam', [`${'x'.repeat(200)}-displayName`, 'displayName']), ['displayName'])
})
