import { extendedName, rpmPresence } from '../../platform/rpm.ts'
import {
  describeVerification,
  testsLeftOut,
  unreadFile,
  verifyFiles,
  type VerifiedFile,
} from '../../platform/rpm-verified-files.ts'
import { defineTestType, type Found } from '../../test-type.ts'

const item = {
  name: 'string',
  epoch: 'string',
  version: 'string',
  release: 'string',
  arch: 'string',
  filepath: 'string',
  extended_name: 'string',
  size_differs: 'string',
  mode_differs: 'string',
  md5_differs: 'string',
  filedigest_differs: 'string',
  device_differs: 'string',
  link_mismatch: 'string',
  ownership_differs: 'string',
  group_differs: 'string',
  mtime_differs: 'string',
  capabilities_differ: 'string',
  configuration_file: 'boolean',
  documentation_file: 'boolean',
  ghost_file: 'boolean',
  license_file: 'boolean',
  readme_file: 'boolean',
} as const

/** Files of RPM packages against what was installed: the linux `rpmverifyfile_test`. */
export const rpmverifyfile = defineTestType({
  family: 'linux',
  name: 'rpmverifyfile',
  description: 'Files of RPM packages, and how each differs from what its package installed.',
  object: ['name', 'epoch', 'version', 'release', 'arch', 'filepath'],
  item,

  async collect(session, { object, behaviors }) {
    const presence = await rpmPresence(session)
    if (presence === 'absent') {
      return { flag: 'not applicable', messages: [`${session.asset} does not use rpm`], found: [] }
    }
    if (presence === 'empty') return []
    const files = await verifyFiles(session, {
      paths: object.filepath.literals,
      takesPackage: ({ name, epoch, version, release, architecture }) =>
        object.name.matches(name) &&
        object.epoch.matches(epoch) &&
        object.version.matches(version) &&
        object.release.matches(release) &&
        object.arch.matches(architecture),
      takesPath: (path) => object.filepath.matches(path),
      behaviors,
    })
    return { found: describeAll(files, behaviors) }
  },
})

function* describeAll(
  files: Iterable<VerifiedFile>,
  behaviors: Readonly<Record<string, string>>,
): Generator<Found<typeof item>> {
  const leftOut = testsLeftOut(behaviors)
  for (const one of files) {
    const { name, epoch, version, release, architecture } = one.package
    const verification = describeVerification(one, leftOut)
    yield {
      values: {
        name,
        epoch,
        version,
        release,
        arch: architecture,
        filepath: one.path,
        extended_name: extendedName(one.package),
        ...verification,
        filedigest_differs: verification.md5_differs,
      },
      ...unreadFile(one, leftOut),
    }
  }
}
