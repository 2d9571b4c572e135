import { concernsOneThing, TransportError } from '../errors.ts'
import {
  parseRpmFiles,
  parseRpmPackage,
  parseRpmVerify,
  rpmFilesFormat,
  rpmPackageFormat,
  type RpmFile,
  type RpmPackage,
  type RpmVerification,
} from '../parsers/rpm-output.ts'
import type { Session } from '../session.ts'
import { rpmInstalledFormat, verifyOffline } from './rpm-offline.ts'

export type { RpmFile, RpmPackage, RpmVerification }

/**
 * Whether the asset keeps packages by rpm. `absent` where rpm is not set up at all; `empty` where it could, but there is
 * no database, as on a Debian machine that has the tool. Throws where the tool would not see the database that is there: it
 * would make an empty one beside it.
 */
export function rpmPresence(session: Session): Promise<'absent' | 'empty' | 'present'> {
  return session.once('rpm presence', async () => {
    const ahead = session.asksInRounds === true
    // Of a far asset all is asked for at once: to wait for each answer takes longer.
    const asked = ahead ? readTool(session) : undefined
    asked?.catch(() => undefined)
    const configured = ahead ? isConfigured(session) : undefined
    configured?.catch(() => undefined)
    const usual = await databasesIn(session, databaseFolders)
    if (usual.length === 0 && !(await (configured ?? isConfigured(session)))) return 'absent'
    const tool = await (asked ?? readTool(session))
    if (tool === undefined) return usual.length > 0 ? 'present' : 'empty'
    const isUsual = databaseFolders.includes(tool.folder)
    const databases = isUsual ? usual : [...(await databasesIn(session, [tool.folder])), ...usual]
    const own = databases.filter(({ folder }) => folder === tool.folder)
    if (own.some(({ backend }) => backend === tool.backend)) return 'present'
    const other = own.length > 0 ? own : databases.filter(({ bytes }) => bytes > emptyBytes)
    const [first] = other
    if (first === undefined) return 'empty'
    if (own.length > 0 && (await availableBackends(session)).some((name) => backendOf(name) === first.backend))
      return 'present'
    throw new TransportError(
      'command-failed',
      `rpm of ${session.asset} keeps a database of the form ${tool.backend} in ${tool.folder}, and cannot read ${first.path}, which is of the form ${first.backend}: it was not asked, for it would make an empty one`,
    )
  })
}

async function isConfigured(session: Session): Promise<boolean> {
  const found = await Promise.all(configurations.map((path) => session.status(path)))
  return found.some((status) => status !== undefined)
}

/** Where rpm keeps its database, by distribution. */
const databaseFolders = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm']

/** The three forms that it had: SQLite, Berkeley DB, ndb. */
type Backend = 'bdb' | 'ndb' | 'sqlite'
const databaseFiles: Readonly<Record<Backend, string>> = {
  sqlite: 'rpmdb.sqlite',
  bdb: 'Packages',
  ndb: 'Packages.db',
}

interface RpmDatabase {
  readonly folder: string
  readonly path: string
  readonly backend: Backend
  readonly bytes: bigint
}

function databasesIn(session: Session, folders: readonly string[]): Promise<readonly RpmDatabase[]> {
  return session.once(`rpm databases in ${folders.join(' ')}`, () => findDatabases(session, folders))
}

async function findDatabases(session: Session, folders: readonly string[]): Promise<RpmDatabase[]> {
  const places = folders.flatMap((folder) =>
    (['sqlite', 'bdb', 'ndb'] as const).map((backend) => ({
      folder,
      path: `${folder}/${databaseFiles[backend]}`,
      backend,
    })),
  )
  const statuses = await Promise.all(places.map(({ path }) => session.status(path)))
  return places.flatMap((place, at) => {
    const status = statuses[at]
    return status === undefined ? [] : [{ ...place, bytes: status.size }]
  })
}

/** Where the tool keeps its database and in which form; undefined where it cannot be asked. */
interface RpmTool {
  readonly folder: string
  readonly backend: Backend
}

function readTool(session: Session): Promise<RpmTool | undefined> {
  return session.once('rpm tool', () => askTool(session))
}

async function askTool(session: Session): Promise<RpmTool | undefined> {
  if (!session.canRun) return undefined
  try {
    const [folder, name] = await Promise.all(['%{_dbpath}', '%{_db_backend}'].map((macro) => evaluate(session, macro)))
    // Releases before 4.15 have one form, and no name for it.
    const backend = name === '%{_db_backend}' ? 'bdb' : backendOf(name ?? '')
    if (folder?.startsWith('/') !== true || backend === undefined) return undefined
    return { folder: folder.replace(/(?<=.)\/+$/, ''), backend }
  } catch (error) {
    if (!concernsOneThing(error)) throw error
    return undefined
  }
}

async function evaluate(session: Session, macro: string): Promise<string> {
  const { stdout } = await session.run(['rpm', '--eval', macro])
  return new TextDecoder().decode(stdout).trim()
}

function backendOf(name: string): Backend | undefined {
  if (name === 'bdb' || name === 'bdb_ro') return 'bdb'
  return name === 'ndb' || name === 'sqlite' ? name : undefined
}

/** What the tool can read besides, where it says so, by its own names: `bdb_ro` reads what `bdb` wrote. */
async function availableBackends(session: Session): Promise<string[]> {
  const { stdout } = await session.run(['rpm', '--showrc'])
  const [, names = ''] = /^available backends\s*:(.*)$/m.exec(new TextDecoder().decode(stdout)) ?? []
  return names.split(/\s+/).filter((name) => backendOf(name) !== undefined)
}

/**
 * A root that is only mounted has a database and no tool: this machine's reads it, when it knows its form. It is told
 * where that is, and what, for it has places and a form of its own.
 */
function databaseOptions(session: Session): Promise<readonly string[]> {
  if (session.canRun) return Promise.resolve([])
  return session.once('rpm database', async () => {
    const [database] = await databasesIn(session, databaseFolders)
    if (database === undefined) return []
    const { backend, folder, path } = database
    const known = await availableBackends(session)
    const name = known.find((one) => backendOf(one) === backend)
    if (name === undefined) {
      throw new TransportError(
        'not-possible-offline',
        `rpm of this machine cannot read ${path} of ${session.asset}, which is of the form ${backend}: it reads ${known.join(', ') || 'no form by name'}`,
      )
    }
    return ['--dbpath', folder, '--define', `_db_backend ${name}`]
  })
}

/** An empty database in the older forms has at most this. */
const emptyBytes = 16_384n

/** A tool that does not know the form of a database makes an empty one beside it, and tells of no package. */
async function failIfNotEmpty(session: Session): Promise<void> {
  const tool = await readTool(session)
  const own = tool === undefined || databaseFolders.includes(tool.folder) ? [] : [tool.folder]
  const each = await Promise.all([databasesIn(session, databaseFolders), databasesIn(session, own)])
  const full = each.flat().find(({ backend, bytes }) => backend !== 'sqlite' && bytes > emptyBytes)?.path
  if (full === undefined) return
  throw new TransportError(
    'command-failed',
    `rpm of ${session.asset} cannot read its database ${full}: it tells of no package`,
  )
}

const configurations = ['/usr/lib/rpm/rpmrc', '/etc/rpmrc']

export function listRpmPackages(session: Session): Promise<readonly RpmPackage[]> {
  return session.once('rpm packages', async () => {
    const text = await query(session, ['--all', '--qf', `${rpmPackageFormat}\\n`])
    const packages = lines(text).map(parseRpmPackage)
    if (packages.length === 0) await failIfNotEmpty(session)
    return packages
  })
}

/** The files that packages own: of those that own any of these paths, or of all packages. */
export async function listRpmFiles(
  session: Session,
  paths: readonly string[] | undefined,
): Promise<ReturnType<typeof parseRpmFiles>> {
  const format = `${rpmPackageFormat}\\n${rpmFilesFormat}`
  // Offline the tool would look for the paths on this machine.
  if (paths === undefined || !session.canRun) {
    return session.once('rpm files', async () => parseRpmFiles(await query(session, ['--all', '--qf', format])))
  }
  if (paths.length === 0) return []
  // Paths that are not there, or that no package owns, are complained of and counted in the exit status; the rest is told.
  const { stdout, stderr } = await session.run(['rpm', '--query', '--qf', format, '--file', '--', ...paths])
  const text = new TextDecoder().decode(stdout)
  if (text === '' && !stderr.includes('No such file or directory')) throw failure(session, 'rpm --query', stderr)
  // A package that owns several of them is told several times.
  const packages = new Map(parseRpmFiles(text).map((one) => [extendedName(one.package), one]))
  return [...packages.values()]
}

/** How the files of packages differ from what was installed, by path; `without` are the options that leave tests out. */
export function verifyRpmFiles(
  session: Session,
  packages: readonly RpmPackage[] | undefined,
  without: readonly string[],
): Promise<ReadonlyMap<string, RpmVerification>> {
  const subjects = packages === undefined ? ['--all'] : ['--', ...packages.map(queryName)]
  if (!session.canRun) {
    return session.once(`rpm verify offline ${subjects.join(' ')}`, async () =>
      verifyOffline(session, await query(session, ['--qf', rpmInstalledFormat, ...subjects])),
    )
  }
  const options = ['--nodeps', '--noscripts', '--nodigest', '--nosignature', ...without]
  return session.once(`rpm verify ${[...options, ...subjects].join(' ')}`, async () => {
    // Differences make its exit status 1, so what it printed has to tell.
    const { stdout, stderr } = await session.run(['rpm', '--verify', '--verbose', ...options, ...subjects])
    const text = new TextDecoder().decode(stdout)
    if (text === '' && stderr !== '') throw failure(session, 'rpm --verify', stderr)
    return parseRpmVerify(text)
  })
}

/** Whether one kind of test of whole packages holds, all others left out. */
export async function verifyRpmPackage(
  session: Session,
  subject: RpmPackage | undefined,
  without: readonly string[],
): Promise<boolean> {
  const name = subject === undefined ? ['--all'] : ['--', queryName(subject)]
  const database = await databaseOptions(session)
  const { exitStatus } = await session.run([
    'rpm',
    ...database,
    '--verify',
    '--quiet',
    '--nofiles',
    ...without,
    ...name,
  ])
  return exitStatus === 0
}

/** Packages that bring a script for their verification, by {@link extendedName}. */
export function scriptedRpmPackages(session: Session): Promise<ReadonlySet<string>> {
  return session.once('rpm packages with a verification script', async () => {
    const text = await query(session, ['--all', '--qf', `%|VERIFYSCRIPTPROG?{${rpmPackageFormat}\\n}|`])
    return new Set(lines(text).map((line) => extendedName(parseRpmPackage(line))))
  })
}

/** name-epoch:version-release.architecture, with epoch 0 for none. */
export function extendedName({ name, epoch, version, release, architecture }: RpmPackage): string {
  return `${name}-${epoch === '(none)' ? '0' : epoch}:${version}-${release}.${architecture}`
}

/** Keys of the administrator are packages without an architecture. */
function queryName({ name, version, release, architecture }: RpmPackage): string {
  const known = `${name}-${version}-${release}`
  return architecture === '(none)' ? known : `${known}.${architecture}`
}

async function query(session: Session, parameters: readonly string[]): Promise<string> {
  const database = await databaseOptions(session)
  const { exitStatus, stdout, stderr } = await session.run(['rpm', ...database, '--query', ...parameters])
  if (exitStatus !== 0) throw failure(session, 'rpm --query', stderr)
  return new TextDecoder().decode(stdout)
}

function failure(session: Session, command: string, stderr: string): TransportError {
  const reason = stderr.trim().split('\n')[0]?.slice(0, 200) || 'it gave no reason'
  return new TransportError('command-failed', `${command} failed on ${session.asset}: ${reason}`)
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
