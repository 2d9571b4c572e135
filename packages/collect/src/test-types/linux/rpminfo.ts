import { extendedName, listRpmFiles, listRpmPackages, rpmPresence, type RpmPackage } from '../../platform/rpm.ts'
import { defineTestType, type ItemValues } from '../../test-type.ts'

const item = {
  name: 'string',
  arch: 'string',
  epoch: 'string',
  release: 'string',
  version: 'string',
  evr: 'evr_string',
  signature_keyid: 'string',
  extended_name: 'string',
  filepath: 'string',
} as const

/** Installed RPM packages: the linux `rpminfo_test`. */
export const rpminfo = defineTestType({
  family: 'linux',
  name: 'rpminfo',
  description:
    'Installed RPM packages with architecture, version and the key that signed them; with their files on request.',
  object: ['name'],
  item,

  async collect(session, { object, behaviors }) {
    const presence = await rpmPresence(session)
    if (presence === 'absent') {
      return { flag: 'not applicable', messages: [`${session.asset} does not use rpm`], found: [] }
    }
    if (presence === 'empty') return []
    const packages = (await listRpmPackages(session)).filter(({ name }) => object.name.matches(name))
    if (behaviors['filepaths'] !== 'true' || packages.length === 0) return packages.map((one) => describe(one))
    const wanted = new Set(packages.map(extendedName))
    const withFiles = await listRpmFiles(session, undefined)
    return withFiles
      .filter((one) => wanted.has(extendedName(one.package)))
      .map(({ package: one, files }) => ({ ...describe(one), filepath: files.map(({ path }) => path) }))
  },
})

function describe(one: RpmPackage): ItemValues<typeof item> {
  const { name, epoch, version, release, architecture } = one
  return {
    name,
    arch: architecture,
    epoch,
    release,
    version,
    evr: `${epoch === '(none)' ? '0' : epoch}:${version}-${release}`,
    signature_keyid: one.signatureKeyId,
    extended_name: extendedName(one),
  }
}
