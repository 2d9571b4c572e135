import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** Services of System V init by run level: the unix `runlevel_test`. */
export const runlevel = defineTestType({
  family: 'unix',
  name: 'runlevel',
  description: 'Services with a script of System V init: whether a run level starts or kills them.',
  object: ['service_name', 'runlevel'],
  item: { service_name: 'string', runlevel: 'string', start: 'boolean', kill: 'boolean' },

  async collect(session, { object }) {
    const scripts = await findScripts(session)
    if (scripts === undefined) {
      return { flag: 'not applicable', messages: [`${session.asset} has no scripts of System V init`], found: [] }
    }
    const levels = (await readLevels(session, scripts.folder)).filter(({ level }) => object.runlevel.matches(level))
    return scripts.names
      .filter((name) => object.service_name.matches(name))
      .flatMap((service_name) =>
        levels.map(({ level, started, killed }) => ({
          service_name,
          runlevel: level,
          start: started.has(service_name),
          kill: killed.has(service_name) && !started.has(service_name),
        })),
      )
  },
})

function findScripts(
  session: Session,
): Promise<{ readonly folder: string; readonly names: readonly string[] } | undefined> {
  return session.once('init scripts', async () => {
    for (const folder of ['/etc/rc.d/init.d', '/etc/init.d']) {
      const entries = await session.list(folder)
      if (entries !== undefined) {
        return {
          folder,
          names: entries
            .filter(({ kind }) => kind !== 'directory')
            .map(({ name }) => name)
            .sort(),
        }
      }
    }
    return undefined
  })
}

interface Level {
  readonly level: string
  readonly started: ReadonlySet<string>
  readonly killed: ReadonlySet<string>
}

function readLevels(session: Session, folder: string): Promise<readonly Level[]> {
  return session.once('run levels', async () => {
    const each = await Promise.all(
      ['0', '1', '2', '3', '4', '5', '6'].map((level) => readLevel(session, folder, level)),
    )
    return each.filter((level) => level !== undefined)
  })
}

/** Red Hat and Debian have /etc/rc3.d; SUSE has /etc/init.d/rc3.d, where only what is started has a link. */
async function readLevel(session: Session, scripts: string, level: string): Promise<Level | undefined> {
  for (const folder of [`/etc/rc${level}.d`, `/etc/rc.d/rc${level}.d`, `${scripts}/rc${level}.d`]) {
    const entries = await session.list(folder)
    if (entries === undefined) continue
    const links = await Promise.all(
      entries
        .filter(({ name }) => /^[SK]/.test(name))
        .map(async ({ name }) => ({ name, script: await scriptOf(session, `${folder}/${name}`) })),
    )
    const named = (letter: string): Set<string> =>
      new Set(links.filter(({ name }) => name.startsWith(letter)).map(({ script }) => script))
    return { level, started: named('S'), killed: named('K') }
  }
  return undefined
}

/** `S20ssh` → `../init.d/ssh` → `ssh` */
async function scriptOf(session: Session, link: string): Promise<string> {
  const target = (await session.readLink(link)) ?? link
  return target.slice(target.lastIndexOf('/') + 1).replace(/^[SK]\d+/, '')
}
