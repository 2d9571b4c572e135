import { TransportError } from '../../errors.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Found } from '../../test-type.ts'

const item = { name: 'string', value: 'string' } as const

/** Kernel parameters below /proc/sys: the unix `sysctl_test`. */
export const sysctl = defineTestType({
  family: 'unix',
  name: 'sysctl',
  description: 'Kernel parameters with their values in force.',
  object: ['name'],
  item,

  async collect(session, { object }) {
    if (!session.canRun) {
      throw new TransportError(
        'not-possible-offline',
        `kernel parameters of ${session.asset} are not known: it is not running`,
      )
    }
    const names = object.name.literals ?? (await allNames(session)).filter((name) => object.name.matches(name))
    const found = await Promise.all(names.map((name) => read(session, name)))
    return { found: found.filter((one) => one !== undefined) }
  },
})

async function read(session: Session, name: string): Promise<Found<typeof item> | undefined> {
  const path = pathOf(name)
  const status = await session.status(path)
  // A parameter without any permission to read can only be written; there is no value to know.
  if (status === undefined || status.kind !== 'regular' || (status.mode & 0o444) === 0) return undefined
  const text = await session.readText(path)
  return text === undefined ? undefined : { values: { name, value: text.replace(/\n+$/, '') } }
}

/** `net.ipv4.conf.eth0/1.rp_filter`: a slash in a name stands for a dot of the path (sysctl.d(5)). */
function pathOf(name: string): string {
  return `/proc/sys/${name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))}`
}

function allNames(session: Session): Promise<string[]> {
  return session.once('sysctl names', async () => {
    const names: string[] = []
    const waiting = ['']
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const { name, kind } of (await session.list(`/proc/sys/${at.replaceAll('\0', '/')}`)) ?? []) {
        const below = at === '' ? name : `${at}\0${name}`
        if (kind === 'directory') waiting.push(below)
        else names.push(below.replaceAll('.', '/').replaceAll('\0', '.'))
      }
    }
    return names
  })
}
