import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { hashPassword } from '../../auth/password.ts'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { addUser, changeUser } from '../../store/users.ts'
import { startTestApi, type TestApi, type TestReply } from '../jobs/testing.ts'
import { listRolesOperation } from '../users/list-roles.ts'
import { createTokens } from './create-tokens.ts'

const password = 'pa+ss/word=1&%'
const base64 = Buffer.from(password).toString('base64')
const address = '/ccs/api/v1/oauth/tokens'

type Tokens = { readonly access_token: string; readonly refresh_token: string }

describeOnBothDatabases('tokens', (withDatabase) => {
  const withApi = (use: (api: TestApi, database: Database, userId: string) => Promise<void>): Promise<void> =>
    withDatabase(async (database) => {
      const hash = await hashPassword(password)
      const id = await database.kysely.transaction().execute((tx) => addUser(tx, 'anna', hash))
      const api = await startTestApi(database, [createTokens, listRolesOperation])
      try {
        await use(api, database, id as string)
      } finally {
        await api.close()
      }
    })
  const request = (api: TestApi, body: string, type = 'application/json'): Promise<TestReply> =>
    api.send('POST', address, { body, headers: { 'content-type': type } })
  const login = async (api: TestApi): Promise<Tokens> =>
    (await request(api, `grant_type=password&username=anna&password=${base64}`)).body as Tokens

  const accepted: readonly (readonly [string, string])[] = [
    [`grant_type=password&username=anna&password=${base64}`, 'application/json'],
    [`grant_type=password&username=domain1\\anna&password=${base64}`, 'application/json'],
    [`grant_type=password&username=ANNA&password=${encodeURIComponent(password)}`, 'application/x-www-form-urlencoded'],
    [
      new URLSearchParams({ grant_type: 'password', username: 'anna', password: base64 }).toString(),
      'application/x-www-form-urlencoded',
    ],
    [JSON.stringify({ grant_type: 'password', username: 'corp\\anna', password }), 'application/json'],
    [`grant_type=password&username=anna&password=${base64}`, 'text/plain'],
  ]
  test('are given for every form in which clients send the right password', () =>
    withApi(async (api) => {
      for (const [body, type] of accepted) {
        const reply = await request(api, body, type)
        assert.equal(reply.status, 200, `${type}: ${body}: ${reply.text}`)
        const { access_token, refresh_token, ...rest } = reply.body as Tokens
        assert.match(access_token, /^[\w-]{43}$/)
        assert.match(refresh_token, /^[\w-]{43}$/)
        assert.deepEqual(rest, { token_type: 'bearer', expires_in: 3600 })
      }
    }))

  const refused: readonly (readonly [string, string])[] = [
    ['', 'invalid_request'],
    ['username=anna&password=x', 'invalid_request'],
    ['grant_type=password&username=anna', 'invalid_request'],
    ['grant_type=client_credentials', 'unsupported_grant_type'],
    ['grant_type=password&username=anna&password=wrong', 'invalid_grant'],
    ['grant_type=password&username=nobody&password=wrong', 'invalid_grant'],
    ['grant_type=refresh_token&refresh_token=made-up', 'invalid_grant'],
  ]
  test('are refused in the shape of OAuth', () =>
    withApi(async (api) => {
      for (const [body, error] of refused) {
        const reply = await request(api, body)
        assert.deepEqual([body, reply.status, (reply.body as { error: string }).error], [body, 400, error])
      }
    }))

  test('are traded once: the old pair ends, and a second use of it ends the whole family', () =>
    withApi(async (api) => {
      const first = await login(api)
      const trade = (token: string): Promise<TestReply> =>
        request(api, `grant_type=refresh_token&refresh_token=${token}`)
      const use = async (token: string): Promise<number> => (await api.send('GET', '/api/v1/roles', { token })).status
      assert.equal(await use(first.access_token), 403, 'the token is good, the task is missing')
      const second = (await trade(first.refresh_token)).body as Tokens
      assert.equal(await use(first.access_token), 401)
      assert.equal(await use(second.access_token), 403)
      assert.equal((await trade(first.refresh_token)).status, 400)
      assert.equal(await use(second.access_token), 401)
      assert.equal((await trade(second.refresh_token)).status, 400)
    }))

  test('end at once for an account that is disabled', () =>
    withApi(async (api, database, userId) => {
      const { access_token: token } = await login(api)
      await database.kysely.transaction().execute((tx) => changeUser(tx, userId, { disabled: true }))
      assert.equal((await api.send('GET', '/api/v1/roles', { token })).status, 401)
      assert.equal((await request(api, `grant_type=password&username=anna&password=${base64}`)).status, 400)
    }))

  test('are not given to whoever guesses: after five wrong passwords the account has to wait', () =>
    withApi(async (api, { kysely }) => {
      for (let n = 0; n < 5; n += 1) await request(api, 'grant_type=password&username=anna&password=wrong')
      const reply = await request(api, `grant_type=password&username=anna&password=${base64}`)
      assert.equal(reply.status, 429)
      const wait = Number(reply.headers['retry-after'])
      assert.ok(wait > 0 && wait <= 3600, String(wait))
      // As it is when the clock was ahead by two hours and then set back: neither blocked for those, nor unguarded.
      await sql`update login_failures set window_ends_at = window_ends_at + interval '2 hours'`.execute(kysely)
      assert.equal((await request(api, `grant_type=password&username=anna&password=${base64}`)).status, 200)
      for (let n = 0; n < 5; n += 1) await request(api, 'grant_type=password&username=anna&password=wrong')
      assert.equal((await request(api, `grant_type=password&username=anna&password=${base64}`)).status, 429)
    }))
})
