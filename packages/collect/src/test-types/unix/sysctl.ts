import { concernsOneThing, TransportError } from '../../errors.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Found, type ObjectEntity } from '../../test-type.ts'

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
    const parameters = await findParameters(session, object.name)
    const found = await Promise.all(parameters.map((parameter) => read(session, parameter)))
    return { found: found.filter((one) => one !== undefined) }
  },
})

interface Parameter {
  readonly name: string
  readonly path: string
}

async function findParameters(session: Session, wanted: ObjectEntity): Promise<Parameter[]> {
  if (wanted.literals !== undefined) {
    const each = await Promise.all(wanted.literals.map((name) => findByName(session, name)))
    return each.filter((one) => one !== undefined)
  }
  return (await allParameters(session)).flatMap(({ path, names }) => {
    const name = names.find((one) => wanted.matches(one))
    return name === undefined ? [] : [{ name, path }]
  })
}

async function findByName(session: Session, name: string): Promise<Parameter | undefined> {
  // sysctl.d(5): a slash in a name stands for a dot of the path, or the other way round.
  const path = `/proc/sys/${name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))}`
  if ((await session.status(path)) !== undefined) return { name, path }
  // The name of an interface may hold dots: `net.ipv4.conf.eth0.7.rp_filter`.
  if (!/^net\.ipv[46]\.(?:conf|neigh)\.[^.]+\..*\./.test(name)) return undefined
  const found = (await allParameters(session)).find(({ names }) => names.includes(name))
  return found === undefined ? undefined : { name, path: found.path }
}

/** Undefined for what holds no value. */
async function read(session: Session, { name, path }: Parameter): Promise<Found<typeof item> | undefined> {
  try {
    const status = await session.status(path)
    // A parameter that its owner cannot read can only be written.
    if (status?.kind !== 'regular' || (status.mode & 0o400) === 0) return undefined
    const text = await session.readText(path)
    if (text === undefined || text === '') return undefined
    return { values: { name, value: splitValue(text) } }
  } catch (error) {
    if (!concernsOneThing(error)) throw error
    // Since Linux 4.1 this one cannot be read before it is set.
    if (path.startsWith('/proc/sys/net/ipv6/conf/') && path.endsWith('/stable_secret')) return undefined
    return { values: { name }, error: error.message }
  }
}

/** As the referee has it since OVAL 5.10: each line, and what an unprintable character parts, is a value. */
function splitValue(text: string): string[] {
  const values = text.split(/[^\t\v\f\r -~]/)
  return values.at(-1) === '' ? values.slice(0, -1) : values
}

/** Each with the names that it may be asked by: all slashes of its path made dots, as the referee has it, and sysctl.d(5)'s. */
function allParameters(
  session: Session,
): Promise<readonly { readonly path: string; readonly names: readonly string[] }[]> {
  return session.once('sysctl parameters', async () => {
    const found: { path: string; names: string[] }[] = []
    let folders = ['']
    while (folders.length > 0) {
      const listed = await Promise.all(folders.map((folder) => session.list(`/proc/sys/${folder}`)))
      const below: string[] = []
      for (const [at, entries] of listed.entries()) {
        for (const { name, kind } of entries ?? []) {
          const path = `${folders[at] ?? ''}${name}`
          if (kind === 'directory') below.push(`${path}/`)
          else found.push({ path: `/proc/sys/${path}`, names: namesOf(path) })
        }
      }
      folders = below
    }
    return found.sort((one, other) => (one.path < other.path ? -1 : 1))
  })
}

function namesOf(path: string): string[] {
  const dotted = path.replaceAll('/', '.')
  const exact = path.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'))
  return dotted === exact ? [dotted] : [dotted, exact]
}
