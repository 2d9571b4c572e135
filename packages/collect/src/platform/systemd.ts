import { TransportError } from '../errors.ts'
import { parseSystemctlShow } from '../parsers/systemctl-show.ts'
import type { Session } from '../session.ts'

/** A unit that systemd has loaded, with some of its properties as `systemctl show` prints them. */
export interface SystemdUnit {
  readonly name: string
  readonly properties: ReadonlyMap<string, readonly string[]>
}

/** Properties that many ask for: read together at the first question, so that it is the last. */
const commonProperties: readonly string[] = ['ActiveState', 'LoadState', 'Requires', 'UnitFileState', 'Wants']

/**
 * All loaded units with the properties wanted (undefined: all that they have), by one call. Without a running systemd
 * that is an error, not an empty list.
 */
export async function readUnits(
  session: Session,
  wanted: readonly string[] | undefined,
): Promise<readonly SystemdUnit[]> {
  const uncommon = wanted?.filter((property) => !commonProperties.includes(property)).sort()
  if (uncommon === undefined) return showUnits(session, undefined)
  return showUnits(session, uncommon.length === 0 ? commonProperties : uncommon)
}

function showUnits(session: Session, properties: readonly string[] | undefined): Promise<readonly SystemdUnit[]> {
  return session.once(`systemd units ${properties?.join(' ') ?? ''}`, async () => {
    const only = properties === undefined ? [] : [`--property=${['Id', ...properties].join(',')}`]
    // Patterns are matched with the units that are loaded; without --all it would leave out inactive ones and empty values.
    const { exitStatus, stdout, stderr } = await session.run([
      'systemctl',
      'show',
      '--all',
      '--no-pager',
      ...only,
      '--',
      '*',
    ])
    if (exitStatus !== 0) {
      const reason = stderr.trim().split('\n')[0] || `systemctl ended with ${exitStatus}`
      throw new TransportError('command-failed', `systemd of ${session.asset} cannot be asked: ${reason}`)
    }
    return parseSystemctlShow(new TextDecoder().decode(stdout)).flatMap((properties) => {
      const name = properties.get('Id')?.[0]
      return name === undefined ? [] : [{ name, properties }]
    })
  })
}
