import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort, makeKey, noSshd, startSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { RunningServer } from './running-server.ts'

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

/** Nothing may repeat these. */
const secrets = { asked: 'pw-7391-of-asked', plain: 'pw-7391-of-plain', wrong: 'pw-7391-wrong', rotated: 'pw-7391-new' }

const setUp = String.raw`
useradd -M -d / -s /bin/bash asked
useradd -M -d / -s /bin/bash plain
useradd -M -d / -s /usr/sbin/nologin closed
printf 'asked:${secrets.asked}\nplain:${secrets.plain}\nclosed:${secrets.plain}\n' | chpasswd -c SHA512
printf 'asked ALL=(ALL) ALL\n' > /etc/sudoers.d/plumbline
chmod 440 /etc/sudoers.d/plumbline
`

interface Probe {
  readonly ok: boolean
  readonly steps: readonly { step: string; ok: boolean; text: string }[]
  readonly coverage?: {
    rules: number
    decided: number
    manual: number
    reasons: readonly { text: string; rules: number }[]
  }
}

test(
  'the test of a connection says at which step it ends, and no secret comes out of the server again',
  { skip: noSshd, timeout: 480_000 },
  async (t) => {
    const sshd = await startSshd({ setUp, settings: ['PasswordAuthentication yes', 'MaxStartups 100'] })
    const server = await RunningServer.start({ environment: { PLUMBLINE_LOG_LEVEL: 'trace' } })
    t.after(async () => {
      await server.remove()
      sshd.stop()
    })
    const replies: string[] = []
    const call = async <Body>(method: string, url: string, body?: unknown, status = 200): Promise<Body> => {
      const answer = await server.request(method, url, body)
      replies.push(answer.text, JSON.stringify(answer.headers))
      assert.equal(answer.status, status, `${method} ${url}: ${answer.text}`)
      return answer.body as Body
    }
    const closed = await freePort()
    const machine = (name: string, port: number, address = '127.0.0.1'): object => ({
      Type: unix,
      [`${unix}-HostMachine`]: name,
      [`${unix}-IPAddress`]: address,
      [`${unix}-SSHPortNo`]: port,
    })
    const names = ['wrong', 'key', 'su', 'sudo', 'sudo-wrong', 'plain', 'closed', 'without']
    const made = await call<{ Id: string; DisplayName: string }[]>(
      'POST',
      '/ccs/api/v1/assets',
      [
        machine('nameless', 22, 'no-such-host.invalid'),
        machine('refused', closed),
        ...names.map((name) => machine(name, sshd.port)),
      ],
      201,
    )
    const idOf = (name: string): string => made.find(({ DisplayName }) => DisplayName === name)?.Id ?? name
    const probe = async (name: string, query = ''): Promise<Probe> =>
      call('POST', `/api/v1/assets/${idOf(name)}/test${query}`)
    /** The steps that were taken, the last of them or the one that failed with what it says. */
    const outcome = async (name: string): Promise<readonly [string, string | undefined]> => {
      const { steps } = await probe(name)
      return [steps.map(({ step }) => step).join(' '), steps.find(({ ok }) => !ok)?.text]
    }
    makeKey(join(sshd.folder, 'stranger'))
    const stranger = readFileSync(join(sshd.folder, 'stranger'), 'utf8')
    const credentials: Readonly<Record<string, object>> = {
      wrong: { user: 'plain', password: secrets.wrong },
      key: { user: 'plain', privateKey: stranger },
      su: { user: 'plain', password: secrets.plain, elevation: 'su', elevationPassword: secrets.wrong },
      sudo: { user: 'asked', password: secrets.asked, elevation: 'sudo' },
      'sudo-wrong': { user: 'asked', password: secrets.asked, elevation: 'sudo', elevationPassword: secrets.wrong },
      plain: { user: 'plain', password: secrets.plain },
      closed: { user: 'closed', password: secrets.plain },
    }
    const ids = new Map<string, string>()
    for (const [name, body] of Object.entries(credentials)) {
      const { id } = await call<{ id: string }>(
        'POST',
        '/api/v1/credentials',
        { name, ...body, assets: [idOf(name)] },
        201,
      )
      ids.set(name, id)
    }

    const reached = 'name connect ssh log in'
    const expectations: readonly (readonly [string, string, RegExp])[] = [
      ['nameless', 'name', /no-such-host\.invalid is not known here; check it/],
      ['refused', 'name connect', /nothing listens there; check the port/],
      ['sudo', reached, /host-key-unknown/],
    ]
    for (const [name, steps, text] of expectations) {
      const [taken, said] = await outcome(name)
      assert.equal(taken, steps, name)
      assert.match(said ?? '', text, name)
    }
    const { hostKeys } = await call<{ hostKeys: { host: string; fingerprint: string }[] }>('GET', '/api/v1/host-keys')
    const [shown] = hostKeys
    await call('POST', '/api/v1/host-keys/approvals', { host: shown?.host, fingerprint: shown?.fingerprint }, 204)
    for (const [name, steps, text] of [
      ['without', reached, /no-credential/],
      ['wrong', reached, /auth-refused/],
      ['key', reached, /auth-refused/],
      ['su', `${reached} elevation`, /elevation-failed/],
      ['sudo-wrong', `${reached} elevation`, /elevation-failed/],
      [
        'plain',
        `${reached} elevation system tools`,
        /reads as the user with the ID \d+: .* let the credential use sudo/,
      ],
    ] as const) {
      const [taken, said] = await outcome(name)
      assert.equal(taken, steps, name)
      assert.match(said ?? '', text, name)
    }
    const noShell = await probe('closed')
    assert.equal(noShell.ok, false)
    assert.match(noShell.steps.find(({ ok }) => !ok)?.text ?? '', /\([a-z-]+\)$/)

    const { standardDataList } = await call<{ standardDataList: { Id: string; DisplayName: string }[] }>(
      'GET',
      '/ccs/api/v1/Standards?Attributes=(displayName = *)',
    )
    const standard = standardDataList.find(({ DisplayName }) => /essential/i.test(DisplayName))?.Id
    const whole = await probe('sudo', `?standard=${standard}`)
    assert.equal(whole.ok, true, JSON.stringify(whole.steps))
    assert.equal(whole.steps.map(({ step }) => step).join(' '), `${reached} elevation system tools coverage`)
    assert.match(whole.steps.find(({ step }) => step === 'tools')?.text ?? '', /getent/)
    const part = await probe('plain', `?standard=${standard}`)
    const [all, some] = [whole.coverage, part.coverage]
    assert.ok(all !== undefined && some !== undefined)
    assert.equal(all.rules, some.rules)
    assert.ok(all.rules > 10 && all.decided + all.manual === all.rules, JSON.stringify(all))
    assert.ok(some.decided < all.decided, JSON.stringify(some))
    assert.match(JSON.stringify(some.reasons), /permission|privilege|sudo/i)

    // A password that changes on the machine is changed here, and the next session has it.
    await call('PATCH', `/api/v1/credentials/${ids.get('sudo')}`, { password: secrets.rotated }, 204)
    assert.match((await outcome('sudo'))[1] ?? '', /auth-refused/)
    await call('PATCH', `/api/v1/credentials/${ids.get('sudo')}`, { password: secrets.asked }, 204)
    assert.equal((await outcome('sudo'))[1], undefined)

    for (const url of ['credentials', 'host-keys', 'audit', 'doctor', 'openapi.json', 'metrics', 'folders', 'users']) {
      const answer = await server.request('GET', `/api/v1/${url}`)
      replies.push(answer.text)
    }
    const refused = await server.request('POST', '/api/v1/credentials', { name: 7, user: 'x', password: secrets.wrong })
    assert.equal(refused.status, 400)
    replies.push(refused.text)
    await server.stop()
    const kept = filesBelow(server.dataDirectory)
    assert.ok(kept.length > 100)
    const [, line = ''] = stranger.split('\n')
    for (const secret of [...Object.values(secrets), line]) {
      const forms = [
        secret,
        Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1),
        Buffer.from(secret).toString('hex'),
      ]
      for (const form of forms) {
        assert.ok(!replies.some((text) => text.includes(form)), `a reply has ${form}`)
        assert.ok(!server.output.some((text) => text.includes(form)), `the log has ${form}`)
        for (const file of kept) assert.ok(!readFileSync(file).includes(form), `${file} has ${form}`)
      }
    }
    // The search finds what is there.
    writeFileSync(join(server.dataDirectory, 'found'), `x${secrets.asked}x`)
    assert.ok(filesBelow(server.dataDirectory).some((file) => readFileSync(file).includes(secrets.asked)))
  },
)

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
