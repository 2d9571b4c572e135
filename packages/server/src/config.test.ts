import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configTable, describeConfig, readConfig } from './config.ts'

test('flags win over the environment, the environment over the defaults', () => {
  const config = readConfig({ port: '1' }, { PLUMBLINE_PORT: '2', PLUMBLINE_HOST: '::1', PLUMBLINE_CONCURRENCY: '' })
  assert.deepEqual([config.port, config.host, config.concurrency], [1, '::1', 16])
})

test('as many sessions as there are places may be open at least', () => {
  const most = (environment: Record<string, string>): number => readConfig({}, environment).maxSessions
  assert.deepEqual(
    [most({}), most({ PLUMBLINE_CONCURRENCY: '300' }), most({ PLUMBLINE_MAX_SESSIONS: '16' })],
    [200, 300, 16],
  )
})

const refusals: readonly (readonly [Record<string, string>, string])[] = [
  [{ PLUMBLINE_PORT: 'https' }, 'PLUMBLINE_PORT must be a whole number from 0 to 65535, not "https"'],
  [
    { DATABASE_URL: 'mysql://root:secret@db' },
    'DATABASE_URL must be an address that begins with postgres:// or postgresql://',
  ],
  [
    { PLUMBLINE_TIME_ZONE: 'Mars/Olympus' },
    'PLUMBLINE_TIME_ZONE must be a time zone of the IANA database such as Europe/Berlin, not "Mars/Olympus"',
  ],
  [
    { PLUMBLINE_TLS_KEY: 'key.pem' },
    'PLUMBLINE_TLS_CERTIFICATE and PLUMBLINE_TLS_KEY go together; set both or neither',
  ],
  [
    { PLUMBLINE_WEBHOOK_URL: 'http://hooks.example.org/secret' },
    'PLUMBLINE_WEBHOOK_URL must be an address that begins with https://, without a name and password in it',
  ],
  [
    { PLUMBLINE_WEBHOOK_URL: 'https://name:secret@hooks.example.org' },
    'PLUMBLINE_WEBHOOK_URL must be an address that begins with https://, without a name and password in it',
  ],
  [
    { PLUMBLINE_WEBHOOK_URL: 'https://hooks.example.org' },
    'PLUMBLINE_WEBHOOK_URL needs PLUMBLINE_WEBHOOK_SECRET, with which its calls are signed',
  ],
  [
    { PLUMBLINE_CONCURRENCY: '20', PLUMBLINE_MAX_SESSIONS: '19' },
    'PLUMBLINE_MAX_SESSIONS must be no less than PLUMBLINE_CONCURRENCY, which is 20; it is 19',
  ],
  [
    { PLUMBLINE_WEBHOOK_SECRET: 'short' },
    'PLUMBLINE_WEBHOOK_SECRET must be whsec_ and at least 24 bytes in Base64, or a text of at least 24 characters',
  ],
]
for (const [environment, message] of refusals) {
  test(`refused: ${message}`, () => {
    assert.throws(() => readConfig({}, environment), { name: 'ConfigError', message })
  })
}

test('what is in force is told without its secrets', () => {
  const config = readConfig(
    {},
    {
      DATABASE_URL: 'postgres://u:secret@db/x',
      PLUMBLINE_SMTP_URL: 'smtp://u:secret@mail',
      PLUMBLINE_WEBHOOK_URL: 'https://hooks.example.org/secret',
      PLUMBLINE_WEBHOOK_SECRET: 'a secret of more than 24 characters',
    },
  )
  assert.ok(!JSON.stringify(describeConfig(config)).includes('secret'))
})

test('the README has every setting', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  for (const { name } of configTable) assert.ok(readme.includes(`\`${name}\``), `${name} is not in the README`)
})
