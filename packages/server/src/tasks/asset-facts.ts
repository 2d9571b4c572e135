import type { Session } from '@plumbline/collect'
import { unixMachine } from '../api/asset-types.ts'
import { addAttributes } from '../store/assets.ts'
import type { AssetToReach } from '../store/run-inputs.ts'
import type { TaskContext } from './task-context.ts'

type Facts = Readonly<Record<string, string | readonly string[]>>

/** What clients read of a UNIX machine, by the names they know; what cannot be read is left as it was. */
export async function readFacts(session: Session, port?: number): Promise<Facts> {
  const [system, kernel, release, version, addresses, ssh, docker, programs] = await Promise.all([
    output(session, ['uname', '-s']),
    output(session, ['uname', '-r']),
    osRelease(session, 'PRETTY_NAME'),
    osRelease(session, 'VERSION_ID'),
    addressesOf(session),
    serverVersion(session),
    output(session, ['docker', '--version'], 'Not Installed'),
    findPrograms(session),
  ])
  const facts = {
    OSSystem: system,
    KERNELVERSION: kernel,
    OSDistributionField: release,
    OSVersionString: version,
    IPAddresses: addresses,
    SSHVersion: ssh,
    SSHPortNo: port === undefined ? undefined : String(port),
    DockerVersion: docker,
    ...programs,
  }
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => value !== undefined && value.length > 0)
      .map(([name, value]) => [`${unixMachine}-${name}`, value as string | string[]]),
  )
}

/** What OpenSSH's server says of itself; before 9.2 it did not know the question, and said so with its version. */
async function serverVersion(session: Session): Promise<string | undefined> {
  const text = await output(session, ['sh', '-c', 'sshd -V 2>&1 | grep -o "OpenSSH_[^,]*"'])
  return text?.startsWith('OpenSSH_') === true ? text : undefined
}

/** Of all interfaces but the loopback; busybox's hostname has no `-I`. */
async function addressesOf(session: Session): Promise<string[] | undefined> {
  const text = await output(session, ['sh', '-c', 'hostname -I 2>/dev/null || ip -o address show scope global'])
  const found = text === undefined ? [] : (text.match(/(?:\d{1,3}\.){3}\d{1,3}|(?:[\da-f]{1,4}:|:):?[\da-f:]+/gi) ?? [])
  return found.length === 0 ? undefined : found
}

/** Whether services of old are there, as `True` and `False`; left out where the account may not look. */
async function findPrograms(session: Session): Promise<Readonly<Record<string, string>>> {
  const script = `export LC_ALL=C
for name in apache2 httpd; do command -v "$name" >/dev/null 2>&1 && echo apache; done
case $(ls -d /opt/IBM/WebSphere/AppServer/. 2>&1) in *denied*) echo hidden was ;; *:*) ;; *) echo was ;; esac
# Where processes of others are hidden, this one is.
cat /proc/1/cmdline >/dev/null 2>&1 || echo hidden tomcat
# The brackets keep it from finding itself.
for file in /proc/[0-9]*/cmdline; do
  if tr '\\0' ' ' 2>/dev/null <"$file" | grep -q 'org[.]apache[.]catalina[.]startup'; then echo tomcat; break; fi
done
echo end`
  try {
    const { stdout } = await session.run(['sh', '-c', script])
    const lines = new TextDecoder().decode(stdout).split('\n')
    if (!lines.includes('end')) return {}
    const programs = { IsApacheInstalled: 'apache', IsWASInstalled: 'was', IsTomcatRunning: 'tomcat' }
    return Object.fromEntries(
      Object.entries(programs)
        .filter(([, word]) => lines.includes(word) || !lines.includes(`hidden ${word}`))
        .map(([name, word]) => [name, lines.includes(word) ? 'True' : 'False']),
    )
  } catch {
    return {}
  }
}

const longest = 200

/** The first line that a command prints; one that fails has told nothing. */
async function output(
  session: Session,
  command: readonly [string, ...string[]],
  whenMissing?: string,
): Promise<string | undefined> {
  try {
    const { stdout, exitStatus } = await session.run(command)
    if (exitStatus !== 0) return undefined
    const [line = ''] = new TextDecoder().decode(stdout).trim().split('\n')
    return line.replaceAll('\0', '').toWellFormed().slice(0, longest)
  } catch (error) {
    return (error as { code?: unknown }).code === 'command-not-found' ? whenMissing : undefined
  }
}

/** os-release(5); quotes are all that values of these names have. */
async function osRelease(session: Session, name: string): Promise<string | undefined> {
  const text = await session.readText('/etc/os-release').catch(() => undefined)
  const value = new RegExp(`^${name}=(.*)$`, 'm').exec(text ?? '')?.[1]
  return value
    ?.trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .replaceAll('\0', '')
    .slice(0, longest)
}

/** Facts are a by-product of a collection: it does not fail with them. */
export async function noteFacts(
  { database, log }: TaskContext,
  asset: { readonly id: string } & AssetToReach,
  session: Session,
): Promise<void> {
  if (asset.address.transport === 'none') return
  try {
    const port = asset.address.transport === 'ssh' ? asset.address.port : undefined
    await addAttributes(database.kysely, asset.id, await readFacts(session, port))
  } catch (error) {
    log.warn({ err: error, assetId: asset.id }, 'the facts of an asset were not kept')
  }
}
