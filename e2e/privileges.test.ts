import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  collect,
  openSshSession,
  privilegesFor,
  writeSudoers,
  type Elevation,
  type SshSession,
} from '@plumbline/collect'
import { explainRule, evaluateBenchmark, resolveProfile } from '@plumbline/scap'
import type { SystemCharacteristics } from '@plumbline/scap'
import { commandsOf } from '../packages/collect/src/privileges/commands.ts'
import { fileextendedattribute } from '../packages/collect/src/test-types/unix/fileextendedattribute.ts'
import { collectFrom, entity, type Collected } from '../packages/collect/src/test-types/testing.ts'
import { readExtendedAcls } from '../packages/collect/src/platform/extended-acl.ts'
import { noSshd, startSshd, type TestServer } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { RunningServer } from './running-server.ts'
import { planOfAll, streams, verdictsOf, type Stream } from './every-profile.ts'

const sudo = '/usr/bin/sudo'
const skip = noSshd === false && !existsSync(sudo) ? 'sudo is not installed' : noSshd

/** Accounts of which `scan` may do what the test lets it; of this machine only root knows the shadow file and some folders. */
const setUp = String.raw`
useradd -M -d / -s /bin/sh scan; useradd -M -d / -s /bin/sh bare
usermod -p '*' scan; usermod -p '*' bare
chmod 755 "$F"; chmod 600 /etc/ssh/sshd_config; chmod 750 /etc/sudoers.d
touch "$F/grants"; chmod 440 "$F/grants"; touch /etc/sudoers.d/plumbline; mount --bind "$F/grants" /etc/sudoers.d/plumbline
`

describe('least privilege', { skip }, () => {
  const now = new Date()
  const [bundled] = streams()
  assert.ok(bundled)
  const sudoersFor = ({ name, content }: Stream): string =>
    writeSudoers(privilegesFor(planOfAll(content)), { account: 'scan', standard: name })
  const sudoers = sudoersFor(bundled)
  let server: TestServer
  before(async () => {
    server = await startSshd({ setUp })
  })
  after(() => server.stop())

  const grant = (text: string): void => writeFileSync(join(server.folder, 'grants'), text)
  const open = (user: string, elevation: Elevation): Promise<SshSession> =>
    openSshSession({ asset: 'web-3', target: server.hop(user), hostKeys: server.hostKeys, elevation })
  const scan = async (
    user: string,
    elevation: Elevation,
    { content }: Stream = bundled,
  ): Promise<SystemCharacteristics> => {
    const session = await open(user, elevation)
    try {
      return await collect(session, planOfAll(content), { now })
    } finally {
      await session.close()
    }
  }
  const results = (collected: SystemCharacteristics, { content }: Stream = bundled): Map<string, string> =>
    verdictsOf(content, collected, now)
  const messages = (collected: SystemCharacteristics): string[] =>
    Object.values(collected.objects).flatMap((object) => object.messages)
  const commands: Elevation = { kind: 'sudo-commands' }
  /** What is told of each of these rules: `profile rule`. */
  const reasonsOf = ({ content }: Stream, collected: SystemCharacteristics, wanted: ReadonlySet<string>): string[] =>
    content.benchmark.profiles.flatMap(({ id }) => {
      const result = evaluateBenchmark(content, resolveProfile(content.benchmark, id, undefined), collected, { now })
      return result.rules
        .filter(({ ruleId }) => wanted.has(`${id} ${ruleId}`))
        .map((rule) => explainRule(content, result, rule).sentence)
    })

  for (const stream of streams()) {
    test(`with the file of ${stream.name} alone nothing is denied, and every verdict is that of root`, async () => {
      const text = sudoersFor(stream)
      const path = join(server.folder, 'check')
      writeFileSync(path, text, { mode: 0o440 })
      assert.match(execFileSync('visudo', ['-cf', path], { encoding: 'utf8' }), /parsed OK/)
      grant(text)
      const [root, plain] = [await scan('root', { kind: 'none' }, stream), await scan('scan', commands, stream)]
      assert.deepEqual(
        messages(plain).filter((message) => /denied|sudo/.test(message)),
        [],
      )
      assert.deepEqual(results(plain, stream), results(root, stream))
    })
  }

  test('without the file what needs it is an error that names the missing privilege, and nothing else changes', async () => {
    grant('')
    const [root, plain] = [results(await scan('root', { kind: 'none' })), await scan('scan', commands)]
    const changed = [...results(plain)].filter(([rule, result]) => result !== root.get(rule))
    assert.ok(changed.length >= 3, `${changed.length} rules need a privilege`)
    for (const [rule, result] of changed) assert.equal(result, 'error', rule)
    const reasons = reasonsOf(bundled, plain, new Set(changed.map(([rule]) => rule)))
    for (const reason of reasons)
      assert.match(reason, /permission denied; sudo does not allow "(?:cat \/|find|ls|stat)/)
    assert.match(
      reasons.join('\n'),
      /cannot read \/etc\/shadow on web-3: permission denied; sudo does not allow "cat \/etc\/shadow"/,
    )
    assert.match(reasons.join('\n'), /permission denied; sudo does not allow "find"/)
  })

  test('access control lists that may not be read are errors of the rules that ask for them', async () => {
    grant(sudoers.replace(/^.*\/usr\/bin\/ls.*\n/m, ''))
    const inside = join(server.folder, 'listed')
    execFileSync('sh', ['-c', 'mkdir -p "$0"; echo x > "$0/file"; chmod 700 "$0"', inside])
    const session = await open('scan', commands)
    try {
      const acls = await readExtendedAcls(session, [`${inside}/file`])
      assert.match(String(acls.get(`${inside}/file`)), /permission denied; sudo does not allow "ls"/)
    } finally {
      await session.close()
    }
  })

  test('extended attributes are told by it where a standard asks for them, and are errors without', async () => {
    const inside = join(server.folder, 'attributed')
    const prepare = 'mkdir -p "$0"; echo x > "$0/file"; setfattr -n user.note -v told "$0/file"; chmod 700 "$0"'
    execFileSync('sh', ['-c', prepare, inside])
    const ask = async (): Promise<Collected> => {
      const session = await open('scan', commands)
      try {
        const asked = [entity('filepath', `${inside}/file`), entity('attribute_name', 'user.note')]
        return await collectFrom(session, fileextendedattribute, asked)
      } finally {
        await session.close()
      }
    }
    const privileges = privilegesFor(planOfAll(bundled.content))
    assert.doesNotMatch(sudoers, /getfattr/)
    grant(sudoers)
    await assert.rejects(ask(), {
      code: 'permission-denied',
      message: /attributed\/file on web-3: permission denied; sudo does not allow "getfattr"/,
    })
    const wanted = { ...privileges, commands: [...commandsOf('unix/fileextendedattribute')] }
    grant(writeSudoers(wanted, { account: 'scan', standard: 'attributes' }))
    assert.deepEqual(
      (await ask()).items.map(({ value }) => value),
      ['told'],
    )
  })

  test('a line that is missing is missed by the rules that need it alone', async () => {
    grant(sudoers.replace(/^.*\/usr\/bin\/cat \/etc\/shadow,.*\n/m, ''))
    const [root, plain] = [results(await scan('root', { kind: 'none' })), await scan('scan', commands)]
    const changed = [...results(plain)].filter(([rule, result]) => result !== root.get(rule))
    assert.ok(changed.length > 0)
    assert.deepEqual(new Set(changed.map(([, result]) => result)), new Set(['error']))
    assert.deepEqual(
      [...new Set(messages(plain).filter((message) => message.includes('denied')))],
      [
        'cannot read /etc/shadow on web-3: permission denied; sudo does not allow "cat /etc/shadow" (plumbline privileges prints what to allow)',
      ],
    )
  })

  test('the session reads by it whatever is asked, and still tells what is not there', async () => {
    grant(sudoers)
    const inside = join(server.folder, 'inside')
    execFileSync('sh', ['-c', 'mkdir -p "$0/a b"; echo x > "$0/file"; ln -sf file "$0/link"; chmod 700 "$0"', inside])
    const session = await open('scan', commands)
    try {
      assert.equal((await session.status(`${inside}/file`))?.size, 2n)
      assert.equal((await session.status(`${inside}/link`))?.kind, 'symbolic link')
      assert.equal(await session.status(`${inside}/none`), undefined)
      assert.equal(await session.readLink(`${inside}/link`), 'file')
      assert.equal(await session.readLink(`${inside}/none`), undefined)
      assert.equal(await session.canonicalPath(`${inside}/link`), `${inside}/file`)
      assert.equal(await session.canonicalPath(`${inside}/none`), undefined)
      assert.equal(await session.list(`${inside}/none`), undefined)
      assert.deepEqual((await session.list(inside))?.map(({ name }) => name).toSorted(), ['a b', 'file', 'link'])
      const walk = { start: inside, barred: [`${inside}/none`], where: { kind: 'regular' }, limit: 10 } as const
      assert.deepEqual(
        (await session.find(walk))?.entries.map(({ path }) => path),
        [`${inside}/file`],
      )
      const both = await Promise.all([session.status(`${inside}/file`), session.status(`${inside}/none`)])
      assert.deepEqual([both[0]?.size, both[1]], [2n, undefined])
      assert.match((await session.readText('/etc/shadow')) ?? '', /^root:/)
      await assert.rejects(session.readText(`${inside}/file`), { message: new RegExp(`"cat ${inside}/file"`) })
      await assert.rejects(session.readText(`${inside}/none`), { code: 'permission-denied' })
    } finally {
      await session.close()
    }
  })

  test('a job of a server reads by it, with a credential that says so', async (t) => {
    grant(sudoers)
    const plumbline = await RunningServer.start({ environment: { PLUMBLINE_UNKNOWN_HOST_KEYS: 'accept-new' } })
    t.after(() => plumbline.remove())
    const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const answer = await plumbline.request(method, path, body)
      assert.ok(answer.status < 300, answer.text)
      return answer.body
    }
    const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'
    const address = { [`${unix}-IPAddress`]: '127.0.0.1', [`${unix}-SSHPortNo`]: String(server.port) }
    const machine = { Type: unix, [`${unix}-HostMachine`]: 'web-3', ...address }
    const [asset] = (await ask('POST', '/ccs/api/v1/assets', [machine])) as { Id: string }[]
    const credential = { name: 'narrow', user: 'scan', privateKey: server.key, elevation: 'sudo-commands' }
    await ask('POST', '/api/v1/credentials', { ...credential, assets: [asset?.Id] })
    const found = await ask('GET', '/ccs/api/v1/standards?Attributes=(displayName+%3D+*Strict)')
    const [strict] = (found as { standardDataList: { Id: string }[] }).standardDataList
    const job = (await ask('POST', '/ccs/api/v1/jobs', {
      JobType: 'CollectionEvaluationJob',
      JobDetails: {
        JobName: 'By single commands',
        AssetsResolutionInfo: [{ Id: asset?.Id, Type: unix }],
        Standards: [strict?.Id],
        Schedule: { RunNow: true },
      },
    })) as { JobID: string }
    const ended = async (): Promise<{ JobRunID: string; Status: string }> => {
      for (const end = Date.now() + 120_000; Date.now() < end;) {
        const runs = await ask('GET', `/ccs/api/v1/jobs/${job.JobID}/jobruns?count=1`)
        const [run] = runs as { JobRunID: string; Status: string }[]
        if (run !== undefined && !['Queued', 'Executing', 'Scheduled'].includes(run.Status)) return run
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      throw new Error('the run did not end')
    }
    const run = await ended()
    assert.equal(run.Status, 'Completed')
    const { rules } = (await ask('GET', `/api/v1/results/${run.JobRunID}/${asset?.Id}/${strict?.Id}`)) as {
      rules: { id: string; result: string }[]
    }
    const probe = (await ask('POST', `/api/v1/assets/${asset?.Id}/test`, {})) as {
      steps: { step: string; ok: boolean; text: string }[]
    }
    const elevation = probe.steps.find(({ step }) => step === 'elevation')
    assert.match(
      elevation?.text ?? '',
      /^reads as the user with the ID \d+, and what only root may read by the single commands/,
    )
    assert.equal(elevation?.ok, true)
    const root = results(await scan('root', { kind: 'none' }))
    const judged = rules.filter(({ result }) => result !== 'notselected')
    assert.ok(judged.length > 50)
    assert.deepEqual(
      judged.map(({ id, result }) => [id, result]),
      judged.map(({ id }) => [id, root.get(`xccdf_org.plumbline_profile_strict ${id}`)]),
    )
  })

  test('nothing can be written, run or read besides', async () => {
    grant(sudoers)
    const secret = join(server.folder, 'secret')
    writeFileSync(secret, 'the secret', { mode: 0o600 })
    const session = await open('scan', { kind: 'none' })
    const may = async (...command: readonly string[]): Promise<boolean> =>
      (await session.run(['sudo', '-n', ...command])).exitStatus === 0
    try {
      assert.equal(await may('cat', '/etc/shadow'), true)
      assert.equal(await may('find', '/', '-maxdepth', '0', '-printf', '%y%f/'), true)
      for (const command of [
        ['sh', '-c', 'true'],
        ['cat', secret],
        ['cat', '/etc/shadow', secret],
        ['cat', '/etc/sudoers.d/../shadow'],
        ['cat', `/etc/ssh/sshd_config.d/../../..${secret}`],
        ['cat', '-n', '/etc/shadow'],
        ['find', secret, '-delete'],
        ['find', secret, '-type', 'f', '-delete'],
        ['find', secret, '-name', '-delete'],
        ['find', secret, '-exec', 'cat', '{}', ';'],
        ['find', secret, '-maxdepth', '0', '-fprintf', `${secret}-2`, 'x'],
        ['find', '-files0-from', secret],
        // Joined by spaces they look like what is allowed.
        ['find', `${secret} ( -path`, secret, '-delete'],
        ['find', secret, '-type f -exec', 'true', ';'],
      ]) {
        assert.equal(await may(...command), false, command.join(' '))
      }
      assert.equal(readFileSync(secret, 'utf8'), 'the secret')
      assert.ok(!existsSync(`${secret}-2`))
    } finally {
      await session.close()
    }
  })
})
