import { rpmPresence } from '../../platform/rpm.ts'
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
  filepath: 'string',
  size_differs: 'string',
  mode_differs: 'string',
  md5_differs: 'string',
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

/** The same by package name and path alone: the linux `rpmverify_test`, deprecated since 5.10. */
export const rpmverify = defineTestType({
  family: 'linux',
  name: 'rpmverify',
  description: 'Files of RPM packages by package name and path, and how each differs from what its package installed.',
  object: ['name', 'filepath'],
  item,

  async collect(session, { object, behaviors }) {
    const presence = await rpmPresence(session)
    if (presence === 'absent') {
      return { flag: 'not applicable', messages: [`${session.asset} does not use rpm`], found: [] }
    }
    if (presence === 'empty') return []
    const files = await verifyFiles(session, {
      paths: object.filepath.literals,
      takesPackage: ({ name }) => object.name.matches(name),
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
    yield {
      values: { name: one.package.name, filepath: one.path, ...describeVerification(one, leftOut) },
      ...unreadFile(one, leftOut),
    }
  }
}
