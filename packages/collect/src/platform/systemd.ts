import { TransportError } from '../errors.ts'
import type { Session } from '../session.ts'

export interface ShownUnit {
  readonly unit: string
  readonly properties: ReadonlyMap<string, string>
}

/** The units that systemd has loaded. Without a running systemd that is an error, not an empty list. */
export function listUnits(session: Session): Promise<string[]> {
  return session.once('systemd units', async () => {
    const text = await systemctl(session, ['list-units', '--all', '--full', '--plain', '--no-legend', '--no-pager'])
    return text
      .split('\n')
      .map((line) => line.trim().split(/\s+/)[0] ?? '')
      .filter((unit) => unit !== '' && unit !== '●')
  })
}

/** Some or all properties of some units, by few calls: a command line has room for some hundred names. */
export async function showUnits(
  session: Session,
  units: readonly string[],
  properties: readonly string[] | undefined,
): Promise<ShownUnit[]> {
  const shown: ShownUnit[] = []
  for (let at = 0; at < units.length; at += unitsAtOnce) {
    const some = units.slice(at, at + unitsAtOnce)
    const only = properties === undefined ? [] : [`--property=${['Id', ...properties].join(',')}`]
    const text = await systemctl(session, ['show', '--all', '--no-pager', ...only, '--', ...some])
    const blocks = text.split('\n\n').filter((block) => block.trim() !== '')
    for (const [place, block] of blocks.entries()) {
      shown.push({ unit: some[place] ?? '', properties: parseProperties(block, properties) })
    }
  }
  return shown
}

const unitsAtOnce = 200

function parseProperties(block: string, wanted: readonly string[] | undefined): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of block.split('\n')) {
    const at = line.indexOf('=')
    if (at < 1) continue
    const name = line.slice(0, at)
    if (wanted === undefined || wanted.includes(name)) properties.set(name, line.slice(at + 1))
  }
  return properties
}

async function systemctl(session: Session, parameters: readonly string[]): Promise<string> {
  const { exitStatus, stdout, stderr } = await session.run(['systemctl', ...parameters])
  if (exitStatus !== 0) {
    throw new TransportError(
      'command-failed',
      `systemd of ${session.asset} cannot be asked: ${stderr.trim().split('\n')[0] ?? `systemctl ended with ${exitStatus}`}`,
    )
  }
  return new TextDecoder().decode(stdout)
}
