import type { Session } from '@plumbline/collect'
import { unixMachine } from '../api/asset-types.ts'
import { addAttributes } from '../store/assets.ts'
import type { AssetToReach } from '../store/run-inputs.ts'
import type { TaskContext } from './task-context.ts'

type Facts = Readonly<Record<string, string | readonly string[]>>

/** What clients read of a UNIX machine, by the names they know; what cannot be read is left as it was. */
export async function readFacts(session: Session): Promise<Facts> {
  const [system, kernel, release, version, addresses, ssh, docker] = await Promise.all([
    output(session, ['uname', '-s']),
    output(session, ['uname', '-r']),
    osRelease(session, 'PRETTY_NAME'),
    osRelease(session, 'VERSION_ID'),
    output(session, ['hostname', '-I']),
    output(session, ['ssh', '-V']),
    output(session, ['docker', '--version'], 'Not Installed'),
  ])
  const facts = {
    OSSystem: system,
    KERNELVERSION: kernel,
    OSDistributionField: release,
    OSVersionString: version,
    IPAddresses: addresses?.split(/\s+/).filter((one) => one !== ''),
    SSHVersion: ssh?.split(',')[0],
    DockerVersion: docker,
  }
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => value !== undefined && value.length > 0)
      .map(([name, value]) => [`${unixMachine}-${name}`, value as string | string[]]),
  )
}

const longest = 200

/** The first line that a command prints, wherever it prints it. */
async function output(
  session: Session,
  command: readonly [string, ...string[]],
  whenMissing?: string,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await session.run(command)
    const text = new TextDecoder().decode(stdout).trim()
    const [line = ''] = (text === '' ? stderr.trim() : text).split('\n')
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
    await addAttributes(database.kysely, asset.id, await readFacts(session))
  } catch (error) {
    log.warn({ err: error, asset: asset.id }, 'the facts of an asset were not kept')
  }
}
