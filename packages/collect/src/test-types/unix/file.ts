import { TransportError } from '../../errors.ts'
import { readExtendedAcls, type ExtendedAcls } from '../../platform/extended-acl.ts'
import type { FileStatus, Session } from '../../session.ts'
import { defineTestType, type ItemValues } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, type FoundPath } from '../../walk/index.ts'

const item = {
  filepath: 'string',
  path: 'string',
  filename: 'string',
  type: 'string',
  group_id: 'int',
  user_id: 'int',
  a_time: 'int',
  c_time: 'int',
  m_time: 'int',
  size: 'int',
  suid: 'boolean',
  sgid: 'boolean',
  sticky: 'boolean',
  uread: 'boolean',
  uwrite: 'boolean',
  uexec: 'boolean',
  gread: 'boolean',
  gwrite: 'boolean',
  gexec: 'boolean',
  oread: 'boolean',
  owrite: 'boolean',
  oexec: 'boolean',
  has_extended_acl: 'boolean',
} as const

/** Files and directories with their owner, mode and times: the unix `file_test`. */
export const file = defineTestType({
  family: 'unix',
  name: 'file',
  description: 'Files and directories with their type, owner, permissions, size and times.',
  object: ['filepath', 'path', 'filename'],
  item,

  async collect(session, asked) {
    // Nothing here is awaited: it is asked for in the round that asks what the files are, or whether they are there.
    const literals = asked.object.filepath?.literals ?? []
    const named = new Set(session.asksInRounds === true && literals.length <= maxAclFiles ? literals : [])
    const aclsOfNamed = readExtendedAcls(session, [...named])
    aclsOfNamed.catch(() => undefined)
    const found = await findFiles(session, asked)
    const few = found.files.length <= maxAclFiles ? found.files.map(fullPath) : []
    const acls = few.every((path) => named.has(path)) ? aclsOfNamed : readExtendedAcls(session, few)
    const items = await Promise.all(found.files.map((one) => describe(session, one, acls)))
    const told = await acls
    const denied = few.map((path) => told.get(path)).filter((acl) => acl instanceof TransportError)
    const { flag, messages = [] } = cutShort(found, asked.maxItems)
    return {
      ...(flag === undefined ? {} : { flag }),
      messages: [...messages, ...denied.map(({ message }) => message)],
      found: items.filter((one) => one !== undefined).map((values) => ({ values })),
    }
  },
})

/** Of larger sets nobody asks for the access control lists, which cost a command. */
const maxAclFiles = 2000

async function describe(
  session: Session,
  found: FoundPath,
  asked: Promise<ExtendedAcls>,
): Promise<ItemValues<typeof item> | undefined> {
  const [status, acls] = await Promise.all([found.status ?? session.status(fullPath(found)), asked])
  if (status === undefined) return undefined
  const acl = acls.get(fullPath(found))
  return {
    ...(found.filename === undefined
      ? { path: found.path, filename: '' }
      : { filepath: fullPath(found), path: found.path, filename: found.filename }),
    ...ownership(status),
    ...permissions(status.mode),
    has_extended_acl: typeof acl === 'boolean' ? acl : { status: acl === undefined ? 'not collected' : 'error' },
  }
}

function ownership(status: FileStatus): ItemValues<typeof item> {
  return {
    type: status.kind,
    group_id: BigInt(status.groupId),
    user_id: BigInt(status.userId),
    a_time: status.accessed,
    c_time: status.changed,
    m_time: status.modified,
    size: status.size,
  }
}

function permissions(mode: number): ItemValues<typeof item> {
  const has = (bit: number): boolean => (mode & bit) !== 0
  return {
    suid: has(0o4000),
    sgid: has(0o2000),
    sticky: has(0o1000),
    uread: has(0o400),
    uwrite: has(0o200),
    uexec: has(0o100),
    gread: has(0o040),
    gwrite: has(0o020),
    gexec: has(0o010),
    oread: has(0o004),
    owrite: has(0o002),
    oexec: has(0o001),
  }
}
