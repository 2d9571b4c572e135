import { parseDpkgStatus, type DebianPackage } from '../../parsers/dpkg-status.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** Installed Debian packages: the linux `dpkginfo_test`. */
export const dpkginfo = defineTestType({
  family: 'linux',
  name: 'dpkginfo',
  description: 'Installed Debian packages with architecture and version.',
  object: ['name'],
  item: {
    name: 'string',
    arch: 'string',
    epoch: 'string',
    release: 'string',
    version: 'string',
    evr: 'debian_evr_string',
  },

  async collect(session, { object }) {
    const packages = await installedPackages(session)
    if (packages === undefined) {
      return { flag: 'not applicable', messages: [`${session.asset} has no dpkg database`], found: [] }
    }
    const { operation, values } = object.name
    const names = operation === 'equals' ? values : [...packages.keys()].filter((name) => object.name.matches(name))
    return names.flatMap((asked) =>
      named(asked, packages).map(({ name, architecture, epoch, version, release }) => ({
        name,
        arch: architecture,
        epoch,
        release,
        version,
        evr: `${epoch}:${version}${release === '' ? '' : `-${release}`}`,
      })),
    )
  },
})

/**
 * `libc6:amd64` is the package of that architecture, as dpkg(1) lists it; one of `all` is there for every one. `native`, and to
 * APT `all` too, is the architecture of dpkg itself.
 */
function named(asked: string, packages: ReadonlyMap<string, readonly DebianPackage[]>): readonly DebianPackage[] {
  const [, name = asked, architecture] = /^([^:]+):([^:]+)$/.exec(asked) ?? []
  const found = packages.get(name) ?? []
  if (architecture === undefined) return found
  const isNative = architecture === 'native' || architecture === 'all'
  const wanted = isNative ? packages.get('dpkg')?.[0]?.architecture : architecture
  return found.filter((one) => one.architecture === 'all' || one.architecture === wanted)
}

/** By name: the same package may be there for several architectures. */
function installedPackages(session: Session): Promise<ReadonlyMap<string, readonly DebianPackage[]> | undefined> {
  return session.once('dpkg packages', async () => {
    const text = await session.readText('/var/lib/dpkg/status')
    if (text === undefined) return undefined
    return Map.groupBy(
      parseDpkgStatus(text).filter(({ isInstalled }) => isInstalled),
      ({ name }) => name,
    )
  })
}
