import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { bareEnvironment } from './bare-environment.ts'
import { RunningServer } from './running-server.ts'

const entry = join(import.meta.dirname, '../packages/cli/src/main.ts')

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command as a person types it, with a home of its own. */
type Plumbline = (parameters: readonly string[], input?: string) => Promise<Outcome>

function commandIn(home: string): Plumbline {
  return (parameters, input = '') =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [entry, ...parameters], {
        cwd: home,
        env: { ...bareEnvironment, HOME: home, XDG_CONFIG_HOME: home },
      })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (chunk) => (stdout += String(chunk)))
      child.stderr.on('data', (chunk) => (stderr += String(chunk)))
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, stdout, stderr }))
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
    })
}

function homeOf(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-home-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  return home
}

const done = ({ status, stdout, stderr }: Outcome): string => {
  assert.equal(status, 0, stderr)
  return stdout
}
const refused = ({ status, stdout, stderr }: Outcome): string => {
  assert.equal(status, 1, stdout)
  assert.doesNotMatch(stderr, /^ {4}at /m, 'a refusal has no stack')
  return stderr
}

test('the command does with a server what an operator does in a day', { timeout: 240_000 }, async (t) => {
  const server = await RunningServer.start()
  t.after(() => server.remove())
  const home = homeOf(t)
  const plumbline = commandIn(home)
  const password = RunningServer.password

  await t.test('logs in by the fingerprint that the server printed, and by no other', async () => {
    assert.match(refused(await plumbline(['job', 'list'])), /not logged in; run "plumbline login"/)
    const fingerprint = /[\dA-F]{2}(?::[\dA-F]{2}){31}/.exec(server.output.join('\n'))?.[0] ?? ''
    const login = ['login', server.url, '--user', 'admin', '--password-stdin', '--fingerprint']
    assert.match(refused(await plumbline([...login, fingerprint.replaceAll(/\d/g, '0')], password)), /fingerprint/)
    assert.match(refused(await plumbline([...login, fingerprint], 'wrong')), /the user name or the password is wrong/)
    assert.match(done(await plumbline([...login, fingerprint], password)), /Logged in to .* as admin/)
  })

  const asset = (JSON.parse(done(await plumbline(['asset', 'list', '--json']))) as { DisplayName: string }[])[0]
  const assetName = asset?.DisplayName ?? ''
  const standard = 'Plumbline Linux baseline: Server'

  await t.test('makes, shows, changes and schedules a job', async () => {
    const made = done(
      await plumbline(['job', 'create', '--name', 'Nightly', '--asset', assetName, '--standard', standard]),
    )
    assert.match(made, /^[\da-f-]{36}\n$/)
    const taken = await plumbline(['job', 'create', '--name', 'nightly', '--asset', assetName, '--standard', standard])
    assert.match(refused(taken), /The specified name nightly already exists/)

    const dry = await plumbline(['job', 'update', 'Nightly', '--set', 'IncrementalPeriod=7', '--dry-run'])
    const fields = (JSON.parse(done(dry)) as { Changes: { Field: string }[] }).Changes.map(({ Field }) => Field)
    assert.deepEqual(fields, ['IsIncremental', 'IncrementalPeriod'])
    const details = async (): Promise<Record<string, unknown>> =>
      (JSON.parse(done(await plumbline(['job', 'show', 'Nightly']))) as { JobDetails: Record<string, unknown> })
        .JobDetails
    assert.equal((await details())['IncrementalPeriod'], 1)

    const schedule = '{"RunPeriodically":true,"RunEveryNDays":true,"RepeatDays":1,"StartDate":"2999-12-30T02:00:00Z"}'
    const updated = await plumbline([
      'job',
      'update',
      'Nightly',
      '--set',
      `Schedule=${schedule}`,
      '--set',
      'Colour=red',
    ])
    assert.match(updated.stderr, /ignored, there is no such member: JobDetails\.Colour/)
    done(updated)
    assert.match(done(await plumbline(['job', 'next', 'Nightly'])), /^2999-12-30T02:00:00\.000Z\n2999-12-31T/)

    writeFileSync(join(home, 'details.json'), JSON.stringify({ ...(await details()), JobDescription: 'from a file' }))
    done(await plumbline(['job', 'update', 'Nightly', '--file', 'details.json']))
    assert.equal((await details())['JobDescription'], 'from a file')
    done(await plumbline(['job', 'update', 'Nightly', '--file', '-'], '{"JobDescription":"from standard input"}'))
    assert.equal((await details())['JobDescription'], 'from standard input')

    const range = refused(await plumbline(['job', 'update', 'Nightly', '--set', 'IncrementalPeriod=0']))
    assert.match(range, /\(400\)\n {2}Member: JobDetails\.IncrementalPeriod; Value: 0; Allowed: /)
    assert.match(refused(await plumbline(['job', 'update', 'Nowhere'])), /JobName 'Nowhere' not found\. \(404\)/)
    assert.match(
      refused(await plumbline(['job', 'update', 'Nightly', '--file', 'nowhere.json'])),
      /nowhere\.json: there is no such file/,
    )
  })

  await t.test(
    'prints what a standard of the server needs, by its name, as for the same content in a file',
    async () => {
      const grants = (text: string): string[] => text.split('\n').filter((line) => !line.startsWith('#'))
      const ofServer = done(await plumbline(['privileges', 'plumbline linux baseline: strict', '--account', 'audit']))
      assert.match(ofServer, /^# .*Plumbline Linux baseline: Strict/m)
      assert.match(ofServer, /^audit ALL=\(root\) NOPASSWD: NOEXEC: PLUMBLINE_ATTRIBUTES/m)
      assert.deepEqual(
        grants(ofServer),
        grants(done(await plumbline(['privileges', '--profile', 'strict', '--account', 'audit']))),
      )
      const nobody = refused(await plumbline(['privileges', 'No such standard']))
      assert.match(nobody, /no standard is named "No such standard"; "plumbline standard list" shows those you may see/)
      assert.match(refused(await plumbline(['privileges', standard, '--profile', 'strict'])), /has its profile/)
    },
  )

  await t.test('runs a job, waits for it, reads its runs, deletes its history and the job', async () => {
    const run = done(await plumbline(['job', 'run', 'Nightly', '--wait']))
    assert.match(run, /^[\da-f-]{36}\nCompleted\n/)
    assert.match(run, new RegExp(`${standard} +1 +\\d+`))
    const runs = JSON.parse(done(await plumbline(['job', 'runs', 'Nightly', '--json']))) as { Status: string }[]
    assert.deepEqual(
      runs.map(({ Status }) => Status),
      ['Completed'],
    )
    assert.match(refused(await plumbline(['job', 'drift', 'Nightly'])), /has not run twice yet/)
    assert.match(
      done(await plumbline(['asset', 'verdicts', assetName, standard])),
      /^result +since +severity +rule$[^]*^(?:pass|fail) +2\d{3}-\d\d-\d\dT[\d:.]+Z +(?:low|medium|high) +\w/m,
    )
    const other = 'Plumbline Linux baseline: Strict'
    assert.match(refused(await plumbline(['asset', 'verdicts', assetName, other])), /There is no result/)
    done(await plumbline(['job', 'run', 'Nightly', '--wait']))
    assert.match(done(await plumbline(['job', 'drift', 'Nightly'])), /^(?:nothing changed$|asset +standard +cause)/m)
    assert.match(
      done(await plumbline(['report', 'sync'])),
      /^Completed$[^]*^Runs brought to the reporting database: \d+\.$/m,
    )
    const id = run.slice(0, 36)
    assert.match(refused(await plumbline(['job', 'abort', id])), /.+/)
    done(await plumbline(['job', 'delete', 'Nightly', '--history-only']))
    assert.deepEqual(JSON.parse(done(await plumbline(['job', 'runs', 'Nightly', '--json']))), [])
    done(await plumbline(['job', 'delete', 'Nightly']))
    assert.match(refused(await plumbline(['job', 'show', 'Nightly'])), /\(404\)/)
  })

  await t.test('keeps waivers: what is accepted, by whom, until when', async () => {
    const rule = 'xccdf_org.plumbline_rule_file_passwd'
    const wish = ['waiver', 'request', '--standard', standard, '--rule', rule, '--reason', 'as it is', '--until']
    assert.match(refused(await plumbline([...wish, '2999-02-30', '--all-assets'])), /2999-02-30 is no day/)
    assert.match(refused(await plumbline([...wish, '2020-01-31', '--all-assets'])), /Member: endsAt/)
    const id = done(await plumbline([...wish, '2999-01-31', '--asset', assetName])).trim()
    assert.match(done(await plumbline(['waiver', 'approve', id])), /^Approved: .* until 2999-0[12]-\d\dT/)
    const listed = async (): Promise<string[]> =>
      (JSON.parse(done(await plumbline(['waiver', 'list', '--json']))) as { id: string; state: string }[]).map((one) =>
        [one.id, one.state].join(' '),
      )
    assert.deepEqual(await listed(), [`${id} Approved`])
    assert.match(refused(await plumbline(['waiver', 'deny', id])), /is Approved; it cannot be denied/)
    done(await plumbline(['waiver', 'end', id, '--json']))
    assert.deepEqual(await listed(), [`${id} Withdrawn`])
    assert.match(
      done(await plumbline(['waiver', 'list'])),
      new RegExp(`^Withdrawn .* ${assetName} .* admin +admin +${id}$`, 'm'),
    )
  })

  await t.test('keeps accounts: their roles, their folders, their passwords', async () => {
    done(await plumbline(['user', 'add', 'anna', '--role', 'Auditor', '--password-stdin'], 'the first password'))
    assert.match(
      refused(await plumbline(['user', 'add', 'bob', '--role', 'Painter', '--password-stdin'], 'the first password')),
      /Painter/,
    )
    done(
      await plumbline(['user', 'change', 'anna', '--role', 'Standards Evaluator', '--folder', 'Standards\\Predefined']),
    )
    const users = JSON.parse(done(await plumbline(['user', 'list', '--json']))) as Record<string, unknown>[]
    const { createdAt: _, ...anna } = users.find(({ name }) => name === 'anna') ?? {}
    assert.deepEqual(anna, {
      name: 'anna',
      disabled: false,
      roles: ['Standards Evaluator'],
      folders: ['Standards\\Predefined'],
    })
    const token = await server.token('anna', 'the first password')
    const jobs = () => server.send('GET', '/ccs/api/v1/jobs?jobname=x', undefined, { authorization: `Bearer ${token}` })
    assert.equal((await jobs()).status, 404)
    done(await plumbline(['user', 'disable', 'anna']))
    assert.equal((await jobs()).status, 401)
    await assert.rejects(server.token('anna', 'the first password'))
    done(await plumbline(['user', 'enable', 'anna']))
    done(await plumbline(['user', 'password', 'anna', '--password-stdin'], 'the second password'))
    await assert.rejects(server.token('anna', 'the first password'))
    await server.token('anna', 'the second password')
    assert.match(done(await plumbline(['role', 'list'])), /^Auditor +Asset System, Standards +View standards/m)
  })

  await t.test('imports content, and says where it is wrong', async () => {
    assert.match(refused(await plumbline(['content', 'import', 'nowhere.xml'])), /nowhere\.xml: there is no such file/)
    writeFileSync(join(home, 'bad.xml'), '<a>\n<b></a>')
    assert.match(refused(await plumbline(['content', 'import', 'bad.xml'])), /bad\.xml:2:\d+: <\/a> closes <b>/)
    const bundled = join(import.meta.dirname, '../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml')
    assert.match(done(await plumbline(['content', 'import', bundled])), /: 4 standards/)
    const oval = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
    writeFileSync(
      join(home, 'own-xccdf.xml'),
      `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_own_benchmark_b"><status>draft</status><title>Own</title><version>1</version>
<Rule id="xccdf_own_rule_r" selected="true"><title>r</title><check system="${oval}"><check-content-ref href="own-oval.xml" name="oval:own:def:1"/></check></Rule></Benchmark>`,
    )
    const own = await plumbline(['content', 'import', 'own-xccdf.xml'])
    assert.match(`${own.stdout}${own.stderr}`, /own-xccdf\.xml: 1 standards\n.*own-oval\.xml/s)
    writeFileSync(
      join(home, 'own-oval.xml'),
      `<oval_definitions xmlns="${oval}" xmlns:i="${oval}#independent"><definitions><definition id="oval:own:def:1" version="1" class="compliance"><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref="oval:own:tst:1"/></criteria></definition></definitions>
<tests><i:family_test id="oval:own:tst:1" version="1" check="all" comment="c"><i:object object_ref="oval:own:obj:1"/></i:family_test></tests>
<objects><i:family_object id="oval:own:obj:1" version="1"/></objects></oval_definitions>`,
    )
    const whole = await plumbline(['content', 'import', 'own-xccdf.xml'])
    assert.deepEqual([whole.stdout, whole.stderr], ['own-xccdf.xml: 1 standards\n', ''])
    assert.match(done(await plumbline(['content', 'list'])), /plumbline-linux-baseline-ds\.xml/)
    assert.match(done(await plumbline(['standard', 'list'])), new RegExp(standard))
    assert.match(done(await plumbline(['content', 'info'])), /profile_strict/)
  })

  await t.test('makes folders, assets, groups and credentials, and tests the way to an asset', async () => {
    done(await plumbline(['folder', 'add', 'Asset System\\Web']))
    assert.match(done(await plumbline(['folder', 'list'])), /^Asset System\\Web +no$/m)
    done(await plumbline(['asset', 'add', '127.0.0.1', '--name', 'web-3', '--port', '1', '--folder', 'Web']))
    const hosts = ['[web]', 'web-3 ansible_host=127.0.0.1', 'web-4 ansible_host=127.0.0.1 ansible_port=2', '']
    writeFileSync(join(home, 'hosts.ini'), hosts.join('\n'))
    const imports = (...more: string[]) => plumbline(['asset', 'import', 'hosts.ini', ...more])
    assert.match(done(await imports('--dry-run', '--folder', 'Web')), /^3 +web-4 +created$/m)
    assert.match(
      done(await imports('--folder', 'Web')),
      /^created 1, updated 0, unchanged 1, refused 0, passed over 0$/m,
    )
    assert.match(done(await imports()), /^created 0, updated 0, unchanged 2, /m)
    writeFileSync(join(home, 'bad.csv'), 'host,port\nweb-5,x\n')
    const bad = await plumbline(['asset', 'import', 'bad.csv'])
    assert.equal(bad.status, 2)
    assert.match(bad.stdout, /^2 +refused +"web-5" has no port from 1 to 65535$/m)
    const importJob = done(await plumbline(['asset', 'import-job', 'Import', 'hosts.ini', '--every-days', '7'])).trim()
    assert.match(done(await plumbline(['job', 'list'])), new RegExp(`Import .*${importJob}|${importJob}.*Import`))
    done(await plumbline(['job', 'delete', 'Import']))
    done(await plumbline(['group', 'add', 'Web', '--asset', 'web-3', '--asset', 'web-4']))
    assert.match(done(await plumbline(['group', 'show', 'Web'])), /"DisplayName": "web-4"/)
    assert.match(done(await plumbline(['group', 'list'])), /^All UNIX Machines /m)
    const add = ['credential', 'add', 'fleet', '--user', 'scan', '--folder', 'Asset System\\Web', '--secrets-stdin']
    done(await plumbline(add, 'password=not to be shown\n'))
    assert.match(done(await plumbline(['credential', 'list'])), /^fleet +scan +password +none/m)
    done(await plumbline(['credential', 'change', 'fleet', '--elevation', 'sudo']))
    const probe = await plumbline(['asset', 'test', 'web-3'])
    assert.equal(probe.status, 2)
    assert.match(probe.stdout, /^connect +FAILED .*nothing listens there/m)
    assert.match(done(await plumbline(['host-key', 'list'])), /^host +type +fingerprint/)
    done(await plumbline(['credential', 'delete', 'fleet']))
    done(await plumbline(['group', 'delete', 'Web']))
    done(await plumbline(['asset', 'delete', 'web-3', 'web-4']))
    assert.match(refused(await plumbline(['asset', 'show', 'web-3'])), /no asset is named "web-3"/)
  })

  await t.test('shows the audit trail, what is in force, and forgets the login', async () => {
    const trail = done(await plumbline(['audit', 'list']))
    for (const action of ['job.create', 'job.update', 'job.execute', 'job.delete', 'user.add', 'login'])
      assert.match(trail, new RegExp(` ${action} `))
    assert.match(done(await plumbline(['audit', 'verify'])), /^intact: \d+ records/)
    const health = done(await plumbline(['doctor']))
    assert.match(health, /The server says:\ndatabase: embedded\nreporting database: embedded, last written 2/)
    assert.doesNotMatch(health, new RegExp(password.slice(0, 10)))
    done(await plumbline(['logout']))
    assert.match(refused(await plumbline(['asset', 'list'])), /not logged in/)
  })
})

test('the command says what it takes, and refuses the rest with a reason', { timeout: 120_000 }, async (t) => {
  const plumbline = commandIn(homeOf(t))
  const help = done(await plumbline(['--help']))
  const commands = [...help.matchAll(/^ {2}([a-z]+) .*$/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help')
  assert.ok(commands.length >= 14, help)
  for (const name of commands)
    assert.match(done(await plumbline([name, '--help'])), new RegExp(`^Usage: plumbline ${name}`))
  assert.match(refused(await plumbline(['jbo'])), /unknown command 'jbo'[^]*Did you mean job\?/)
  assert.match(refused(await plumbline(['worker'])), /name it with --database-url or DATABASE_URL/)
  assert.match(refused(await plumbline(['scan', 'nowhere.xml'])), /nowhere\.xml/)
  assert.match(refused(await plumbline(['scan', '--profile', 'nothing'])), /nothing/)
  assert.match(refused(await plumbline(['serve', '--port', 'eighty'])), /port/i)
})
