import { rpmFileFlags } from '../parsers/rpm-output.ts'
import type { Session } from '../session.ts'
import { listRpmFiles, verifyRpmFiles, type RpmFile, type RpmPackage, type RpmVerification } from './rpm.ts'

export interface VerifiedFile {
  readonly package: RpmPackage
  readonly file: RpmFile
  readonly verification: RpmVerification
}

/** Which files of which packages to verify, as an object of the rpmverify… family asks. */
export interface FileSelection {
  /** The paths when nothing else can match. */
  readonly paths: readonly string[] | undefined
  readonly takesPackage: (one: RpmPackage) => boolean
  readonly takesPath: (path: string) => boolean
  readonly behaviors: Readonly<Record<string, string>>
}

/** Behaviors that leave a test out, and the option of rpm(8) that does. */
const omissions: Readonly<Record<string, string>> = {
  nolinkto: '--nolinkto',
  nomd5: '--nofiledigest',
  nofiledigest: '--nofiledigest',
  nosize: '--nosize',
  nouser: '--nouser',
  nogroup: '--nogroup',
  nomtime: '--nomtime',
  nomode: '--nomode',
  nordev: '--nordev',
  nocaps: '--nocaps',
}

/** The files with what verifying found, made one by one: a system has some hundred thousand. */
export async function verifyFiles(session: Session, selection: FileSelection): Promise<Iterable<VerifiedFile>> {
  const { behaviors } = selection
  const has = (behavior: string): boolean => behaviors[behavior] === 'true'
  const isSkipped = ({ flags }: RpmFile): boolean =>
    (has('noconfigfiles') && (flags & rpmFileFlags.configuration) !== 0) ||
    (has('noghostfiles') && (flags & rpmFileFlags.ghost) !== 0)
  const listed = (await listRpmFiles(session, selection.paths))
    .filter((one) => selection.takesPackage(one.package))
    .map((one) => ({
      package: one.package,
      files: one.files.filter((file) => !isSkipped(file) && selection.takesPath(file.path)),
    }))
    .filter(({ files }) => files.length > 0)
  if (listed.length === 0) return []
  const options = Object.keys(omissions)
    .filter(has)
    .map((behavior) => omissions[behavior] ?? '')
  // Many packages: then all, which other objects may ask for as well.
  const packages = listed.length > packagesByName ? undefined : listed.map((one) => one.package)
  const verified = await verifyRpmFiles(session, packages, [...new Set(options)].sort())
  return pairs(listed, verified)
}

function* pairs(
  listed: readonly { readonly package: RpmPackage; readonly files: readonly RpmFile[] }[],
  verified: ReadonlyMap<string, RpmVerification>,
): Generator<VerifiedFile> {
  for (const { package: one, files } of listed) {
    for (const file of files) yield { package: one, file, verification: verified.get(file.path) ?? unverified }
  }
}

const packagesByName = 20

/** rpm did not speak of it, so nothing is known. */
const unverified: RpmVerification = { failed: new Set(), notPerformed: new Set('SM5DLUGTP'), isMissing: false }

/** The entities of an item that both generations of the test have. */
export function describeVerification(
  { verification, file }: VerifiedFile,
  behaviors: Readonly<Record<string, string>>,
) {
  const result = (letter: string, ...without: readonly string[]): string => {
    const isOmitted = without.some((behavior) => behaviors[behavior] === 'true')
    if (isOmitted || verification.isMissing || verification.notPerformed.has(letter)) return 'not performed'
    return verification.failed.has(letter) ? 'fail' : 'pass'
  }
  const flag = (bit: number): boolean => (file.flags & bit) !== 0
  return {
    size_differs: result('S', 'nosize'),
    mode_differs: result('M', 'nomode'),
    md5_differs: result('5', 'nomd5', 'nofiledigest'),
    device_differs: result('D', 'nordev'),
    link_mismatch: result('L', 'nolinkto'),
    ownership_differs: result('U', 'nouser'),
    group_differs: result('G', 'nogroup'),
    mtime_differs: result('T', 'nomtime'),
    capabilities_differ: result('P', 'nocaps'),
    configuration_file: flag(rpmFileFlags.configuration),
    documentation_file: flag(rpmFileFlags.documentation),
    ghost_file: flag(rpmFileFlags.ghost),
    license_file: flag(rpmFileFlags.license),
    readme_file: flag(rpmFileFlags.readme),
  }
}
