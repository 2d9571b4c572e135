import assert from 'node:assert/strict'
import { test } from 'node:test'
import { possibleNames, possiblePasswords, readGrant } from './grant.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** What a client sends → the account and the password that must be among the readings. */
const rows: readonly (readonly [string, string, string])[] = [
  ['grant_type=password&username=admin&password=plain', 'admin', 'plain'],
  ['grant_type=password&username=domain1\\admin&password=plain', 'admin', 'plain'],
  ['grant_type=password&username=domain1\\\\admin&password=plain', 'admin', 'plain'],
  ['grant_type=password&username=domain1%5Cadmin&password=a%26b%3Dc', 'admin', 'a&b=c'],
  ['grant_type=password&username=admin&password=a=b=c', 'admin', 'a=b=c'],
  ['grant_type=password&username=admin&password=1+1/2', 'admin', '1+1/2'],
  ['grant_type=password&username=admin&password=two+words', 'admin', 'two words'],
  ['grant_type=password&username=admin&password=100%', 'admin', '100%'],
  [`grant_type=password&username=admin&password=${base64('pa>?ss~ÿ')}`, 'admin', 'pa>?ss~ÿ'],
  [`grant_type=password&username=admin&password=${base64('any carnal pleas')}`, 'admin', 'any carnal pleas'],
  [`grant_type=password&username=admin&password=${encodeURIComponent(base64('secret!'))}`, 'admin', 'secret!'],
  ['{"grant_type":"password","username":"CORP\\\\anna","password":"x y"}', 'anna', 'x y'],
  ['{"Grant_Type":"password","UserName":"anna","Password":"p"}', 'anna', 'p'],
  ['\ufeff{"grant_type":"password","username":"anna","password":"p"}', 'anna', 'p'],
  ['grant_type=password&username=admin&password=plain\r\n', 'admin', 'plain'],
]

for (const [body, name, password] of rows) {
  test(`${JSON.stringify(body)} is ${name} with ${JSON.stringify(password)}`, () => {
    const grant = readGrant(body)
    assert.equal(grant.grantType, 'password')
    assert.ok(possibleNames(grant.username).includes(name), `names: ${possibleNames(grant.username).join(' | ')}`)
    assert.ok(
      possiblePasswords(grant.password).includes(password),
      `passwords: ${possiblePasswords(grant.password).join(' | ')}`,
    )
  })
}

test('what is no token request at all names nothing', () => {
  for (const body of ['', '&&&', '=', '{', '{"grant_type":5}', 'null', '[]']) {
    assert.deepEqual(readGrant(body), { grantType: undefined, username: [], password: [], refreshToken: undefined })
  }
})
