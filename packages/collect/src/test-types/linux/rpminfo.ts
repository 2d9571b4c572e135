import { TransportError } from '../../errors.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** Installed RPM packages: the linux `rpminfo_test`. */
export const rpminfo = defineTestType({
  family: 'linux',
  name: 'rpminfo',
  description: 'Installed RPM packages with architecture, version and signature key.',
  object: ['name'],
  item: {
    name: 'string',
    arch: 'string',
    epoch: 'string',
    release: 'string',
    version: 'string',
    evr: 'evr_string',
    signature_keyid: 'string',
    extended_name: 'string',
  },

  async collect(session, { object }) {
    const packages = await installedPackages(session)
    if (packages === undefined)
      return { flag: 'not applicable', found: [], messages: [`${session.asset} does not use rpm`] }
    return packages
      .filter(([name = '']) => object.name.matches(name))
      .map(([name = '', arch = '', epoch = '', version = '', release = '', signature = '']) => ({
        name,
        arch,
        epoch,
        release,
        version,
        evr: `${epoch === '(none)' ? '0' : epoch}:${version}-${release}`,
        signature_keyid: /Key ID ([0-9a-f]+)/i.exec(signature)?.[1] ?? '0',
        extended_name: `${name}-${epoch === '(none)' ? '0' : epoch}:${version}-${release}.${arch}`,
      }))
  },
})

/** One line a package; the fields cannot hold tabs. Gives the signature as `RSA/SHA256, date, Key ID …`. */
const queryFormat =
  '%{NAME}\\t%{ARCH}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{RSAHEADER:pgpsig}%{DSAHEADER:pgpsig}%{SIGPGP:pgpsig}%{SIGGPG:pgpsig}\\n'

const databases = ['/var/lib/rpm', '/usr/lib/sysimage/rpm'].flatMap((folder) =>
  ['rpmdb.sqlite', 'Packages', 'Packages.db'].map((file) => `${folder}/${file}`),
)

/** Undefined where rpm is not set up at all. */
function installedPackages(session: Session): Promise<string[][] | undefined> {
  return session.once('rpm packages', async () => {
    const found = await Promise.all(databases.map((path) => session.status(path)))
    if (found.every((status) => status === undefined)) {
      return (await session.status('/usr/lib/rpm/rpmrc')) === undefined ? undefined : []
    }
    const { exitStatus, stdout, stderr } = await session.run(['rpm', '-qa', '--qf', queryFormat])
    if (exitStatus !== 0) {
      throw new TransportError(
        'command-failed',
        `rpm -qa on ${session.asset} ended with ${exitStatus}: ${stderr.trim().slice(0, 200)}`,
      )
    }
    return new TextDecoder()
      .decode(stdout)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
  })
}
