import { TransportError } from '../errors.ts'
import { parseAccountFile } from '../parsers/account-file.ts'
import { parseCapabilityAttribute, parseCapabilityText } from '../parsers/file-capabilities.ts'
import { rpmFileFlags, type RpmVerification } from '../parsers/rpm-output.ts'
import { kindOfMode, type FileStatus, type Session } from '../session.ts'
import { readExtendedAttributes } from './extended-attributes.ts'
import { hashFile, type HashAlgorithm } from './file-hashes.ts'
import { inCommands } from './in-commands.ts'

/*
 * rpm can only verify the files of a root that is mounted when it enters that root, as root, and writes beside its database.
 * So we ask it what it installed, and look at the files ourselves, with the rules of rpm's lib/verify.c.
 */

/** A query format for `rpm -q --qf`: what was installed of each file, a line each; a path may hold a tab. */
export const rpmInstalledFormat =
  '[%{FILEVERIFYFLAGS}\\t%{FILESTATES}\\t%{FILEMODES}\\t%{LONGFILESIZES}\\t%{FILEMTIMES}\\t%{=FILEDIGESTALGO}\\t%{FILEDIGESTS}\\t' +
  '%{FILEUSERNAME}\\t%{FILEGROUPNAME}\\t%{FILECAPS}\\t%{FILEFLAGS}\\t%{FILELINKTOS}\\t%{FILENAMES}\\n]'

interface Installed {
  /** rpmVerifyAttrs_e of rpm's rpmvf.h: the tests that its package wants. */
  readonly tests: number
  readonly wasInstalled: boolean
  readonly mode: number
  readonly size: bigint
  readonly modified: bigint
  readonly algorithm: HashAlgorithm | undefined
  readonly digest: string
  readonly user: string
  readonly group: string
  readonly capabilities: string
  readonly isGhost: boolean
  readonly link: string
  readonly path: string
}

const test = { digest: 1, size: 2, link: 4, user: 8, group: 16, modified: 32, mode: 64, device: 128, capabilities: 256 }
/** RFC 4880, 9.4; without one it is MD5. */
const algorithms: Readonly<Record<string, HashAlgorithm>> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
}

function parseInstalled(line: string): Installed {
  const [tests = '', state = '', mode, size = '', modified = '', algorithm = '', digest = '', ...others] =
    line.split('\t')
  const [user = '', group = '', capabilities = '', flags, link = '', ...path] = others
  return {
    tests: Number(tests),
    // Of packages in a database each file has a state: 0 is normal, others were replaced or left out.
    wasInstalled: state === '0' || state === '(none)',
    mode: Number(mode) & 0xffff,
    size: BigInt(/^\d+$/.test(size) ? size : 0),
    modified: BigInt(/^\d+$/.test(modified) ? modified : 0),
    algorithm: algorithm === '(none)' ? 'md5' : algorithms[algorithm],
    digest: digest === '(none)' ? '' : digest,
    user,
    group,
    capabilities: capabilities === '(none)' ? '' : capabilities,
    isGhost: (Number(flags) & rpmFileFlags.ghost) !== 0,
    link,
    path: path.join('\t'),
  }
}

/** So many files are looked at at the same time. */
const atOnce = 16

/** What became of the files that rpm tells of in {@link rpmInstalledFormat}, by path. */
export async function verifyOffline(session: Session, text: string): Promise<ReadonlyMap<string, RpmVerification>> {
  const files = text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseInstalled)
  const users = await namesOf(session, '/etc/passwd')
  const groups = await namesOf(session, '/etc/group')
  const capabilities = await capabilitiesOf(session, files)
  const verified = new Map<string, RpmVerification>()
  for (let start = 0; start < files.length; start += atOnce) {
    const part = files.slice(start, start + atOnce)
    const each = await Promise.all(part.map((file) => verify(session, file, { users, groups, capabilities })))
    for (const [at, { path }] of part.entries()) verified.set(path, each[at] ?? said({ isMissing: true }))
  }
  return verified
}

interface Known {
  readonly users: ReadonlyMap<number, string>
  readonly groups: ReadonlyMap<number, string>
  /** The attribute, or why it is not known; nothing where there is none. */
  readonly capabilities: ReadonlyMap<string, TransportError | Uint8Array>
}

const said = (verification: Partial<RpmVerification>): RpmVerification => ({
  failed: new Set(),
  notPerformed: new Set(),
  isMissing: false,
  ...verification,
})

async function verify(session: Session, file: Installed, known: Known): Promise<RpmVerification> {
  if (!file.wasInstalled) return said({})
  let status: FileStatus | undefined
  try {
    status = await session.status(file.path)
    // Where a directory was installed a link may lead to one.
    if (status?.kind === 'symbolic link' && kindOfMode(file.mode) === 'directory') {
      const target = await session.canonicalPath(file.path)
      status = target === undefined ? undefined : await session.status(target)
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return said({ isMissing: true, reason: error.message })
  }
  if (status === undefined) return said({ isMissing: true })
  const failed = new Set<string>()
  const notPerformed = new Set<string>()
  const wants = testsOf(file, status)
  const check = (name: keyof typeof test, letter: string, holds: boolean | undefined): void => {
    if ((wants & test[name]) === 0) return
    if (holds === undefined) notPerformed.add(letter)
    else if (!holds) failed.add(letter)
  }
  check('size', 'S', status.size === file.size)
  check('mode', 'M', hasMode(file, status))
  check('device', 'D', sameDevice(file, status))
  check('user', 'U', nameOf(known.users, status.userId) === file.user)
  check('group', 'G', nameOf(known.groups, status.groupId) === file.group)
  check('modified', 'T', status.modified === file.modified)
  check('capabilities', 'P', hasCapabilities(file, known.capabilities.get(file.path)))
  if ((wants & test.link) !== 0) check('link', 'L', await unlessUnread(hasLink(session, file)))
  if ((wants & test.digest) !== 0) check('digest', '5', await unlessUnread(hasDigest(session, file, status)))
  return said({ failed, notPerformed })
}

/** The tests that make sense of what is there. */
function testsOf({ tests, isGhost }: Installed, { kind }: FileStatus): number {
  let left = tests & ~(kind === 'symbolic link' ? test.mode : test.link)
  if (kind !== 'regular') left &= ~(test.digest | test.size | test.modified | test.capabilities)
  if (isGhost) left &= ~(test.digest | test.size | test.modified | test.link)
  return left
}

function hasMode({ mode, isGhost }: Installed, status: FileStatus): boolean {
  return (mode & 0o7777) === status.mode && (isGhost || kindOfMode(mode) === status.kind)
}

/** The number of a device is not told by sessions. */
function sameDevice({ mode }: Installed, { kind }: FileStatus): boolean | undefined {
  const isDevice = (one: FileStatus['kind']): boolean => one === 'block special' || one === 'character special'
  if (kindOfMode(mode) !== kind) return !isDevice(kindOfMode(mode)) && !isDevice(kind)
  return isDevice(kind) ? undefined : true
}

/** Undefined, here and below: it has gone meanwhile. */
async function hasLink(session: Session, { path, link }: Installed): Promise<boolean | undefined> {
  const target = await session.readLink(path)
  return target === undefined ? undefined : target === link
}

async function hasDigest(
  session: Session,
  { path, digest, algorithm }: Installed,
  { size }: FileStatus,
): Promise<boolean | undefined> {
  if (algorithm === undefined) return undefined
  const hashes = await hashFile(session, path, size, [algorithm])
  return hashes === undefined ? undefined : hashes[0] === digest
}

async function unlessUnread(test: Promise<boolean | undefined>): Promise<boolean | undefined> {
  try {
    return await test
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return undefined
  }
}

function hasCapabilities(
  { capabilities }: Installed,
  found: TransportError | Uint8Array | undefined,
): boolean | undefined {
  if (found instanceof TransportError) return undefined
  const wanted = parseCapabilityText(capabilities)
  const has = found === undefined ? parseCapabilityText('') : parseCapabilityAttribute(found)
  if (wanted === undefined || has === undefined) return undefined
  return (['permitted', 'inheritable', 'effective'] as const).every((set) => wanted[set] === has[set])
}

/** Of regular files that their packages want them to be compared of. */
async function capabilitiesOf(session: Session, files: readonly Installed[]): Promise<Known['capabilities']> {
  const paths = files
    .filter(
      ({ tests, mode, wasInstalled }) =>
        wasInstalled && (tests & test.capabilities) !== 0 && kindOfMode(mode) === 'regular',
    )
    .map(({ path }) => path)
  const found = new Map<string, TransportError | Uint8Array>()
  await inCommands(session, paths, async (part) => {
    try {
      const read = await readExtendedAttributes(session, part, '^security\\.capability$')
      for (const [path, [attribute]] of read) if (attribute !== undefined) found.set(path, attribute.value)
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      for (const path of part) found.set(path, error)
    }
  })
  return found
}

/** Names of accounts or groups of the root by their numbers; the first of several counts. */
async function namesOf(session: Session, file: string): Promise<ReadonlyMap<number, string>> {
  const lines = parseAccountFile((await session.readText(file)) ?? '', 3)
  return new Map(lines.toReversed().map(([name = '', , id]) => [Number(id), name]))
}

/** rpm knows root without looking. */
const nameOf = (names: ReadonlyMap<number, string>, id: number): string | undefined =>
  id === 0 ? 'root' : names.get(id)
