import type { ResolvedEntity, ResolvedObject } from '@plumbline/scap'
import { exactly, nameExpression, pathExpression } from './path-expression.ts'

/** Files whose content is read: one by its path, or all whose paths match a POSIX extended expression. */
export type Contents = { readonly path: string } | { readonly expression: string }

/** Files that objects of a type read, whatever they ask; only those that not every account can read everywhere. */
const filesOfType: Readonly<Record<string, readonly string[]>> = {
  'linux/apparmorstatus': ['/sys/kernel/security/apparmor/profiles'],
  'linux/dpkginfo': ['/var/lib/dpkg/status'],
  'linux/iflisteners': ['/proc/net/packet'],
  'unix/inetd': ['/etc/inetd.conf'],
  'unix/password': ['/etc/passwd', '/var/log/lastlog'],
  'unix/shadow': ['/etc/shadow'],
}

/** The types whose objects name files that are read. Of those that `unix/file` and `unix/symlink` name nothing is read. */
const readsFiles: ReadonlySet<string> = new Set([
  'independent/filehash',
  'independent/filehash58',
  'independent/textfilecontent',
  'independent/textfilecontent54',
  'independent/xmlfilecontent',
  'independent/yamlfilecontent',
])

/** The types that look into processes, or for files: what they list is known only on the machine. */
const looksAround: ReadonlySet<string> = new Set([
  'linux/apparmorstatus',
  'linux/inetlisteningservers',
  'linux/iflisteners',
  'unix/process',
  'unix/process58',
  'unix/runlevel',
  'unix/xinetd',
])

/** What an object reads; undefined when only the machine can tell. */
export function contentsOf(object: ResolvedObject): readonly Contents[] | undefined {
  const fixed = (filesOfType[object.testType] ?? []).map((path) => ({ path }))
  if (object.testType === 'independent/environmentvariable58') return environmentFiles(object)
  if (object.testType === 'unix/sysctl') return sysctlFiles(object)
  if (object.testType === 'unix/xinetd') {
    return [{ path: '/etc/xinetd.conf' }, { expression: `/etc/xinetd\\.d/${nameExpression}` }]
  }
  return readsFiles.has(object.testType) ? namedFiles(object) : fixed
}

/** Whether folders are listed, or trees walked, to find what an object asks for. */
export function isSearch({ testType, entities, behaviors }: ResolvedObject): boolean {
  if (looksAround.has(testType)) return true
  const isAbout = (name: string): boolean => ['filepath', 'path', 'filename'].includes(name)
  return (
    (behaviors['recurse_direction'] ?? 'none') !== 'none' ||
    entities.some(({ name, operation }) => isAbout(name) && operation !== 'equals') ||
    (testType === 'unix/sysctl' && entities.some(({ operation }) => operation !== 'equals'))
  )
}

function namedFiles({ entities, behaviors }: ResolvedObject): readonly Contents[] | undefined {
  const entity = (name: string): ResolvedEntity | undefined => entities.find((one) => one.name === name)
  const filepath = entity('filepath')
  if (filepath !== undefined) return pathsOf(filepath)
  const filename = entity('filename')
  if (filename === undefined || filename.nil) return []
  const names = expressionsOf(filename)
  const path = entity('path')
  // A folder that only the machine knows: of any, the files of that name, if it says something.
  const anywhere = filename.operation === 'equals' ? [`(/${nameExpression})*`] : undefined
  const folders = path === undefined ? anywhere : (expressionsOf(path) ?? anywhere)
  if (names === undefined || folders === undefined) return undefined
  const isDeep = (behaviors['recurse_direction'] ?? 'none') === 'down'
  const isExact = filename.operation === 'equals' && path?.operation === 'equals' && isKnown(path) && !isDeep
  if (isExact) {
    return path.values.flatMap((folder) => filename.values.map((name) => ({ path: join(folder, name) })))
  }
  const below = isDeep ? `(/${nameExpression})*` : ''
  return folders.flatMap((folder) =>
    names.map((name) => ({ expression: `${folder.replace(/\/+$/, '')}${below}/${name}` })),
  )
}

const join = (folder: string, name: string): string => `${folder.replace(/\/+$/, '')}/${name}`

/** Without a value from the machine a variable is not complete. */
const isKnown = ({ variable, values }: ResolvedEntity): boolean =>
  (variable === undefined || variable.flag === 'complete') && values.length > 0

function pathsOf(entity: ResolvedEntity): readonly Contents[] | undefined {
  if (isKnown(entity) && entity.operation === 'equals') return entity.values.map((path) => ({ path }))
  // A path that does not begin at the root would be one below wherever sudo is run.
  const expressions = expressionsOf(entity)
  return expressions?.every((one) => /^\(*\//.test(one)) === true
    ? expressions.map((expression) => ({ expression }))
    : undefined
}

function expressionsOf(entity: ResolvedEntity): string[] | undefined {
  const { operation, values } = entity
  if (!isKnown(entity)) return undefined
  if (operation === 'equals') return values.map(exactly)
  if (operation !== 'pattern match') return undefined
  const each = values.map(pathExpression)
  return each.every((one) => one !== undefined) ? each : undefined
}

/** Where the parameters of the kernel are: by their names, or all of them. */
function sysctlFiles({ entities }: ResolvedObject): readonly Contents[] {
  const name = entities.find((one) => one.name === 'name')
  if (name?.operation !== 'equals' || !isKnown(name)) return [{ expression: `/proc/sys(/${nameExpression})+` }]
  return name.values.map((value) => ({ path: `/proc/sys/${value.replaceAll('.', '/')}` }))
}

/** Of the process with that number, or of those that only the machine tells; our own may always be read. */
function environmentFiles({ entities }: ResolvedObject): readonly Contents[] {
  const pid = entities.find((one) => one.name === 'pid')
  if (pid === undefined || pid.nil) return []
  if (pid.operation !== 'equals' || !isKnown(pid)) return [{ expression: '/proc/[0-9]+/environ' }]
  return pid.values.map((value) => ({ path: `/proc/${value}/environ` }))
}
