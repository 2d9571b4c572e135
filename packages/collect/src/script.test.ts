import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { digestObject, scriptType } from '@plumbline/scap'
import type { ResolvedEntity, ResolvedObject } from '@plumbline/scap'
import { collectScript } from './script.ts'
import type { Session } from './session.ts'
import { openLocalSession } from './transports/local.ts'
import { openOfflineRoot } from './transports/offline-root.ts'
import { openSshSession } from './transports/ssh/ssh.ts'
import { noSshd, startSshd, type TestServer } from './transports/ssh/testing/sshd.ts'

let server: TestServer | undefined
const folder = mkdtempSync(join(tmpdir(), 'plumbline-script-'))
before(async () => {
  if (noSshd === false) server = await startSshd()
})
after(() => {
  server?.stop()
  rmSync(folder, { recursive: true })
})

const entity = (name: string, value: string): ResolvedEntity => ({
  name,
  datatype: 'string',
  operation: 'equals',
  values: [value],
  varCheck: 'all',
  entityCheck: 'all',
  checkExistence: 'at_least_one_exists',
  nil: false,
  mask: false,
})
function script(text: string, environment: readonly string[] = []): ResolvedObject {
  const entities = [entity('script', text), ...environment.map((one) => entity('environment', one))]
  const object = { testType: scriptType, entities, behaviors: {}, filters: [] }
  return { ...object, id: 'script', digest: digestObject(object) }
}
/** Exit status, standard output and standard error; or the flag and why. */
async function run(session: Session, object: ResolvedObject): Promise<readonly unknown[]> {
  const { flag, items, messages } = await collectScript(session, object)
  return flag === 'complete' ? (items[0]?.entities.map(({ value }) => value) ?? []) : [flag, ...messages]
}

const sessions = [
  { name: 'here', skip: false, open: async (options: { commandTimeoutMs?: number } = {}) => openLocalSession(options) },
  {
    name: 'over SSH',
    skip: noSshd,
    open: (options: { commandTimeoutMs?: number } = {}) =>
      openSshSession({ target: server!.hop(), hostKeys: server!.hostKeys, ...options }),
  },
] as const

for (const { name, skip, open } of sessions) {
  const using = async (use: (session: Session) => Promise<void>, options = {}): Promise<void> => {
    const session = await open(options)
    try {
      await use(session)
    } finally {
      await session.close()
    }
  }

  test(`${name}, a script has the documented environment and nothing else`, { skip }, () =>
    using(async (session) => {
      const value = `XCCDF_VALUE_v=a b'c"$(id)\n\`id\``
      const text = '#!/bin/sh\nenv; cat; pwd; exit "$XCCDF_RESULT_FAIL"\n'
      const [status, stdout] = await run(session, script(text, [value, 'XCCDF_TYPE_v=STRING']))
      assert.equal(status, '102')
      const results = [
        'PASS',
        'FAIL',
        'ERROR',
        'UNKNOWN',
        'NOT_APPLICABLE',
        'NOT_CHECKED',
        'NOT_SELECTED',
        'INFORMATIONAL',
        'FIXED',
      ]
      const expected = [
        ...results.map((one, at) => `XCCDF_RESULT_${one}=${101 + at}`),
        'PATH=/bin:/sbin:/usr/bin:/usr/local/bin:/usr/sbin',
        'PWD=/',
        'XCCDF_TYPE_v=STRING',
        ...value.split('\n'),
        // Its input is empty; it runs in the root.
        '/',
      ]
      assert.deepEqual(String(stdout).trimEnd().split('\n').toSorted(), expected.toSorted())
    }),
  )

  test(`${name}, a script runs under the interpreter that it names, and stands in no argument`, { skip }, () =>
    using(async (session) => {
      const secret = 'word-of-the-script'
      const rows: readonly (readonly [string, readonly unknown[]])[] = [
        [
          `#!/bin/bash\n# ${secret}\n[[ a == a ]] && tr '\\0' ' ' <"/proc/$$/cmdline"\nexit 101`,
          ['101', '/bin/bash /dev/fd/7 ', ''],
        ],
        ['#! /bin/sh -e\necho one >&2\nfalse\nexit 101', ['1', '', 'one']],
        ['#!/usr/bin/env sh\nexit 0', ['0', '', '']],
      ]
      for (const [text, expected] of rows) {
        const found = await run(session, script(text))
        assert.deepEqual(
          found.map((one) => String(one).replace(/\n$/, '')),
          expected,
        )
      }
      assert.deepEqual(await run(session, script('exit 101')), [
        'error',
        'the script does not begin with #! and its interpreter',
      ])
      const [status, , complaint] = await run(session, script('#!/no/such/shell\nexit 101'))
      assert.deepEqual([status, /no\/such\/shell/.test(String(complaint))], ['127', true])
    }),
  )

  test(`${name}, a script that does not end is ended, with what it started`, { skip }, () =>
    using(
      async (session) => {
        const mark = `39${process.pid}`
        const [flag, message] = await run(session, script(`#!/bin/sh\nsleep ${mark} & sleep ${mark}; exit 101`))
        assert.equal(flag, 'error')
        assert.match(String(message), /did not end within/)
        const left = readdirSync('/proc').filter(
          (pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`sleep\0${mark}`),
        )
        assert.deepEqual(left, [])
        // The session is still of use.
        assert.deepEqual(await run(session, script('#!/bin/sh\nexit 101')), ['101', '', ''])
      },
      { commandTimeoutMs: 1000 },
    ),
  )

  test(`${name}, what a script prints is kept up to a bound, and any bytes are text`, { skip }, () =>
    using(async (session) => {
      const [, stdout] = await run(
        session,
        script("#!/bin/sh\nprintf 'caf\\351 '; head -c 300000 /dev/zero | tr '\\0' x; exit 101"),
      )
      assert.equal(String(stdout).slice(0, 6), 'caf\ufffd x')
      assert.ok(String(stdout).length <= 65_536)
    }),
  )

  test(`${name}, a script leaves no file behind`, { skip }, () =>
    using(async (session) => {
      const before = readdirSync(tmpdir())
      const mark = `word-${randomUUID()}`
      await run(session, script(`#!/bin/sh\n# ${mark} ${'x'.repeat(100_000)}\nexit 101`))
      const added = readdirSync(tmpdir()).filter((one) => !before.includes(one))
      // Others work there too.
      const holdsIt = (one: string): boolean => spawnSync('grep', ['-rqsF', mark, join(tmpdir(), one)]).status === 0
      assert.deepEqual(added.filter(holdsIt), [])
    }),
  )
}

function commandOf(pid: string): string {
  try {
    return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
  } catch {
    // It has just ended.
    return ''
  }
}

test('on a mounted file system scripts cannot run, and that is said', async () => {
  const session = openOfflineRoot(folder)
  assert.deepEqual(await run(session, script('#!/bin/sh\nexit 101')), [
    'not collected',
    'scripts cannot run on a mounted file system',
  ])
  await session.close()
})
