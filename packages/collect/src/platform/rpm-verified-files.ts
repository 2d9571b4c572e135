import { rpmFileFlags, rpmTests } from '../parsers/rpm-output.ts'
import type { Session } from '../session.ts'
import { listRpmFiles, verifyRpmFiles, type RpmFile, type RpmPackage, type RpmVerification } from './rpm.ts'

export interface VerifiedFile {
  readonly package: RpmPackage
  readonly file: RpmFile
  /** As it was asked for, when the package knows the file by a path through a link, as /bin/sh for /usr/bin/sh. */
  readonly path: string
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

type Behaviors = FileSelection['behaviors']

/** The files with what verifying found, made one by one: a system has some hundred thousand. */
export async function verifyFiles(session: Session, selection: FileSelection): Promise<Iterable<VerifiedFile>> {
  const listed: Selected[] = []
  for (const one of await listRpmFiles(session, selection.paths)) {
    if (!selection.takesPackage(one.package)) continue
    const files = await selectFiles(session, selection, one.files)
    if (files.length > 0) listed.push({ package: one.package, files })
  }
  if (listed.length === 0) return []
  const options = Object.entries(omissions)
    .filter(([behavior]) => selection.behaviors[behavior] === 'true')
    .map(([, [option]]) => option)
  // Many packages: then all, which other objects may ask for as well.
  const packages = listed.length > packagesByName ? undefined : listed.map((one) => one.package)
  return pairs(listed, await verifyRpmFiles(session, packages, [...new Set(options)].sort()))
}

interface Selected {
  readonly package: RpmPackage
  readonly files: readonly { readonly file: RpmFile; readonly path: string }[]
}

const packagesByName = 20

/** Behaviors that leave a test out, the option of rpm(8) that does, and the test's letter. */
const omissions: Readonly<Record<string, readonly [option: string, letter: string]>> = {
  nolinkto: ['--nolinkto', 'L'],
  nomd5: ['--nofiledigest', '5'],
  nofiledigest: ['--nofiledigest', '5'],
  nosize: ['--nosize', 'S'],
  nouser: ['--nouser', 'U'],
  nogroup: ['--nogroup', 'G'],
  nomtime: ['--nomtime', 'T'],
  nomode: ['--nomode', 'M'],
  nordev: ['--nordev', 'D'],
  nocaps: ['--nocaps', 'P'],
}

/** The letters of the tests that an object leaves out. */
export function testsLeftOut(behaviors: Behaviors): ReadonlySet<string> {
  const asked = Object.entries(omissions).filter(([behavior]) => behaviors[behavior] === 'true')
  return new Set(asked.map(([, [, letter]]) => letter))
}

async function selectFiles(
  session: Session,
  { paths, takesPath, behaviors }: FileSelection,
  files: readonly RpmFile[],
): Promise<Selected['files']> {
  const wanted = files.filter((file) => !isSkipped(file, behaviors))
  if (paths === undefined)
    return wanted.filter(({ path }) => takesPath(path)).map((file) => ({ file, path: file.path }))
  const selected: { file: RpmFile; path: string }[] = []
  for (const path of paths) {
    for (const file of wanted) {
      if (await isSameFile(session, path, file.path)) selected.push({ file, path })
    }
  }
  return selected
}

function isSkipped({ flags }: RpmFile, behaviors: Behaviors): boolean {
  return (
    (behaviors['noconfigfiles'] === 'true' && (flags & rpmFileFlags.configuration) !== 0) ||
    (behaviors['noghostfiles'] === 'true' && (flags & rpmFileFlags.ghost) !== 0)
  )
}

async function isSameFile(session: Session, asked: string, known: string): Promise<boolean> {
  if (asked === known) return true
  if (asked.slice(asked.lastIndexOf('/')) !== known.slice(known.lastIndexOf('/'))) return false
  const [one, other] = await Promise.all([session.canonicalPath(asked), session.canonicalPath(known)])
  return one !== undefined && one === other
}

function* pairs(listed: readonly Selected[], verified: ReadonlyMap<string, RpmVerification>): Generator<VerifiedFile> {
  for (const { package: one, files } of listed) {
    for (const { file, path } of files) {
      yield { package: one, file, path, verification: verified.get(file.path) ?? nothingSaid }
    }
  }
}

const nothingSaid: RpmVerification = { failed: new Set(), notPerformed: new Set(rpmTests), isMissing: false }

/**
 * Of a file that could not be read neither that it is missing nor that a test was not performed is an answer, and a
 * filter for what differs would drop it unseen: such an item is an error.
 */
export function unreadFile(one: VerifiedFile, leftOut: ReadonlySet<string>): { readonly error?: string } {
  const { path, verification } = one
  const reason = whyUnread(verification, leftOut)
  return reason === undefined ? {} : { error: `cannot verify ${path}: ${reason}` }
}

function whyUnread(verification: RpmVerification, leftOut: ReadonlySet<string>): string | undefined {
  if (verification === nothingSaid) return 'rpm said nothing about it'
  if (verification.isMissing) return verification.reason
  return verification.notPerformed.isSubsetOf(leftOut) ? undefined : 'it could not be read'
}

/** The entities of an item that both generations of the test have. */
export function describeVerification({ verification, file }: VerifiedFile, leftOut: ReadonlySet<string>) {
  const result = (letter: string): string => {
    if (leftOut.has(letter) || verification.isMissing || verification.notPerformed.has(letter)) {
      return 'not performed'
    }
    return verification.failed.has(letter) ? 'fail' : 'pass'
  }
  const flag = (bit: number): boolean => (file.flags & bit) !== 0
  return {
    size_differs: result('S'),
    mode_differs: result('M'),
    md5_differs: result('5'),
    device_differs: result('D'),
    link_mismatch: result('L'),
    ownership_differs: result('U'),
    group_differs: result('G'),
    mtime_differs: result('T'),
    capabilities_differ: result('P'),
    configuration_file: flag(rpmFileFlags.configuration),
    documentation_file: flag(rpmFileFlags.documentation),
    ghost_file: flag(rpmFileFlags.ghost),
    license_file: flag(rpmFileFlags.license),
    readme_file: flag(rpmFileFlags.readme),
  }
}
