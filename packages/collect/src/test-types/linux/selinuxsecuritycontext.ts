import { parseSelinuxContext, type SelinuxContext } from '../../parsers/selinux-context.ts'
import { inCommands } from '../../platform/in-commands.ts'
import { listProcessIds, readOfProcess } from '../../platform/processes.ts'
import { selinuxFolder } from '../../platform/selinux.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Found, type ItemValues } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, type FoundPath } from '../../walk/index.ts'

const item = {
  filepath: 'string',
  path: 'string',
  filename: 'string',
  pid: 'int',
  user: 'string',
  role: 'string',
  type: 'string',
  low_sensitivity: 'string',
  low_category: 'string',
  high_sensitivity: 'string',
  high_category: 'string',
  rawlow_sensitivity: 'string',
  rawlow_category: 'string',
  rawhigh_sensitivity: 'string',
  rawhigh_category: 'string',
} as const

/** Security contexts of files and processes: the linux `selinuxsecuritycontext_test`. */
export const selinuxsecuritycontext = defineTestType({
  family: 'linux',
  name: 'selinuxsecuritycontext',
  description: 'SELinux security contexts of files, or of processes.',
  object: ['filepath', 'path', 'filename', 'pid'],
  item,

  async collect(session, asked) {
    if (asked.has('filepath') || asked.has('path')) {
      const walked = await findFiles(session, asked)
      const found = await ofFiles(session, walked.files)
      // Files keep their labels while SELinux is switched off.
      const hasLabels = found.length === 0 || found.some(({ error }) => error === undefined)
      return hasLabels || (await selinuxFolder(session)) !== undefined
        ? { ...cutShort(walked, asked.maxItems), found }
        : withoutSelinux(session)
    }
    if ((await selinuxFolder(session)) === undefined) return withoutSelinux(session)
    const own = asked.object.pid.isNil
    const processes = own ? ['self'] : (await listProcessIds(session)).filter((pid) => asked.object.pid.matches(pid))
    const found = await Promise.all(processes.map((pid) => ofProcess(session, pid)))
    return { found: found.filter((one) => one !== undefined) }
  },
})

function withoutSelinux(session: Session) {
  return { flag: 'not applicable', messages: [`SELinux is not enabled on ${session.asset}`], found: [] } as const
}

async function ofProcess(session: Session, pid: string): Promise<Found<typeof item> | undefined> {
  const context = parseSelinuxContext((await readOfProcess(session, pid, 'attr/current')) ?? '')
  if (context === undefined) return undefined
  // Our own process has another number at the next collection.
  return { values: { ...(pid === 'self' ? {} : { pid: BigInt(pid) }), ...describe(context) } }
}

async function ofFiles(session: Session, files: readonly FoundPath[]): Promise<Found<typeof item>[]> {
  const found = await inCommands(session, files, async (some) => {
    const contexts = await readContexts(session, some.map(fullPath))
    return some.map((file) => ofFile(file, contexts.get(fullPath(file))))
  })
  return found.flat()
}

function ofFile(file: FoundPath, context: SelinuxContext | undefined): Found<typeof item> {
  const values = {
    ...(file.filename === undefined ? {} : { filepath: fullPath(file), filename: file.filename }),
    path: file.path,
  }
  if (context === undefined) return { values, error: `the security context of ${fullPath(file)} cannot be read` }
  return { values: { ...values, ...describe(context), ...describeRaw(context) } }
}

/** By stat(1), which has it from the extended attribute `security.selinux` of a file, or of what a link points at. */
async function readContexts(session: Session, paths: readonly string[]): Promise<Map<string, SelinuxContext>> {
  const { stdout } = await session.run(['stat', '-L', '-c', '%C %n', '--', ...paths])
  const contexts = new Map<string, SelinuxContext>()
  for (const line of new TextDecoder().decode(stdout).split('\n')) {
    const blank = line.indexOf(' ')
    const context = parseSelinuxContext(line.slice(0, Math.max(blank, 0)))
    if (context !== undefined) contexts.set(line.slice(blank + 1), context)
  }
  return contexts
}

function describe(context: SelinuxContext): ItemValues<typeof item> {
  const { user, role, type, lowSensitivity, lowCategory, highSensitivity, highCategory } = context
  return {
    user,
    role,
    type,
    ...(lowSensitivity === undefined ? {} : { low_sensitivity: lowSensitivity }),
    ...(lowCategory === undefined ? {} : { low_category: lowCategory }),
    ...(highSensitivity === undefined ? {} : { high_sensitivity: highSensitivity }),
    ...(highCategory === undefined ? {} : { high_category: highCategory }),
  }
}

/** The kernel's own words for the levels; as the referee does, we take them as they are for both. */
function describeRaw({
  lowSensitivity,
  lowCategory,
  highSensitivity,
  highCategory,
}: SelinuxContext): ItemValues<typeof item> {
  return {
    ...(lowSensitivity === undefined ? {} : { rawlow_sensitivity: lowSensitivity }),
    ...(lowCategory === undefined ? {} : { rawlow_category: lowCategory }),
    ...(highSensitivity === undefined ? {} : { rawhigh_sensitivity: highSensitivity }),
    ...(highCategory === undefined ? {} : { rawhigh_category: highCategory }),
  }
}
