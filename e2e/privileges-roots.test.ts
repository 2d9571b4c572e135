import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { collect, openSshSession, privilegesFor, writeSudoers } from '@plumbline/collect'
import type { Elevation } from '@plumbline/collect'
import { makeKey } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { noRoots, rootNamed, startNamespaceHost } from './namespace-host.ts'
import type { NamespaceHost } from './namespace-host.ts'
import { planOfAll, streams, verdictsOf } from './every-profile.ts'

const main = join(import.meta.dirname, '../packages/cli/src/main.ts')

/** `scan` may do what stands in the file; what only root may read is there to be read. */
const setUp = String.raw`
chroot "$R" useradd -m -s /bin/sh -p '*' scan
chmod 600 "$R/etc/ssh/sshd_config"
chmod 755 "$R/run/plumbline"
cp "$GRANTS" "$R/etc/sudoers.d/plumbline"
chmod 440 "$R/etc/sudoers.d/plumbline"
chroot "$R" visudo -c`

interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function plumbline(...parameters: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...parameters], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

/** The result of each rule that was judged, and what was said of them. */
function read(path: string): { results: Map<string, string>; text: string } {
  const text = readFileSync(path, 'utf8')
  const { rules } = JSON.parse(text) as { rules: { id: string; result: string }[] }
  return { results: new Map(rules.map(({ id, result }) => [id, result])), text }
}

const roots = ['bookworm', 'trixie']
const skip =
  noRoots !== false ||
  process.env['CI'] === 'true' ||
  roots.every((root) => existsSync(`${rootNamed(root)}/usr/bin/sudo`))
    ? noRoots
    : 'the roots of TEST_ROOTS have no sudo; make them anew'

/** A machine with that root and, in `folder`, the key that lets in; `grants` is what `scan` may do there. */
function start(root: string, folder: string, grants: string): Promise<NamespaceHost> {
  const [key, file] = [join(folder, 'client'), join(folder, 'grants')]
  if (!existsSync(key)) makeKey(key)
  writeFileSync(file, grants)
  const clientKey = readFileSync(`${key}.pub`, 'utf8').trim()
  return startNamespaceHost({ name: root, root: rootNamed(root), clientKey, setUp: `GRANTS='${file}'\n${setUp}` })
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-grants-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('least privilege on other machines', { skip, timeout: 300_000 }, () => {
  for (const root of roots) {
    test(`the printed file is all that a scan of ${root} by single commands of sudo needs`, async (t) => {
      const folder = folderOf(t)
      const [key, knownHosts] = [join(folder, 'client'), join(folder, 'known_hosts')]
      const host = await start(root, folder, (await plumbline('privileges', '--profile', 'strict')).stdout)
      t.after(() => host.stop())
      const scan = async (name: string, address: string): Promise<ReturnType<typeof read>> => {
        const { status, stderr } = await plumbline(
          ...['scan', '--profile', 'strict', '--asset', address, '--identity', key, '--no-agent'],
          ...['--known-hosts', knownHosts, '--host-key', 'accept-new', '--json', join(folder, name)],
        )
        assert.ok([0, 2].includes(status), stderr)
        return read(join(folder, name))
      }
      const asRoot = await scan('root.json', `ssh://root@${host.address}`)
      const asScan = await scan('scan.json', `ssh://scan@${host.address}?sudo=commands`)
      assert.doesNotMatch(asScan.text, /permission[- ]denied|sudo does not allow/)
      assert.deepEqual(asScan.results, asRoot.results)
      // Without sudo the same scan is denied something, so the file was needed.
      assert.match((await scan('plain.json', `ssh://scan@${host.address}`)).text, /permission[- ]denied/)
    })
  }

  for (const root of roots) {
    test(`the same of every profile of the streams on ${root}`, async (t) => {
      const folder = folderOf(t)
      for (const { name, content } of streams()) {
        const plan = planOfAll(content)
        const grants = writeSudoers(privilegesFor(plan), { account: 'scan', standard: name })
        const host = await start(root, folder, grants)
        const keys = [{ name: 'client', text: readFileSync(join(folder, 'client'), 'utf8') }]
        try {
          const now = new Date()
          const from = async (user: string, elevation: Elevation): ReturnType<typeof collect> => {
            const session = await openSshSession({
              asset: root,
              target: { host: host.address, port: 22, user, credentials: { keys } },
              elevation,
              hostKeys: { knownTypes: () => [], check: () => 'approved', approve: () => undefined },
            })
            try {
              return await collect(session, plan, { now })
            } finally {
              await session.close()
            }
          }
          const asRoot = await from('root', { kind: 'none' })
          const asScan = await from('scan', { kind: 'sudo-commands' })
          const denied = Object.values(asScan.objects)
            .flatMap(({ messages }) => messages)
            .filter((message) => /denied|sudo/.test(message))
          assert.deepEqual(denied, [], name)
          assert.deepEqual(verdictsOf(content, asScan, now), verdictsOf(content, asRoot, now), name)
        } finally {
          host.stop()
        }
      }
    })
  }
})
