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
    if (packages === undefined)
      return { flag: 'not applicable', found: [], messages: [`${session.asset} has no dpkg database`] }
    return packages
      .filter(({ name }) => object.name.matches(name))
      .map(({ name, architecture, epoch, version, release }) => ({
        name,
        arch: architecture,
        epoch,
        release,
        version,
        evr: `${epoch}:${version}-${release}`,
      }))
  },
})

function installedPackages(session: Session): Promise<DebianPackage[] | undefined> {
  return session.once('dpkg status', async () => {
    const text = await session.readText('/var/lib/dpkg/status')
    return text === undefined ? undefined : parseDpkgStatus(text).filter(({ status }) => status.endsWith(' installed'))
  })
}
