import { concernsOneThing } from '../../errors.ts'
import { capabilityNames } from '../../parsers/proc-status.ts'
import { parseSelinuxContext } from '../../parsers/selinux-context.ts'
import { describeProcess, readCommandLine } from '../../platform/process-description.ts'
import { hiddenProcesses, readOfProcess, readProcesses, type Process } from '../../platform/processes.ts'
import { selinuxFolder } from '../../platform/selinux.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type EntityStatus, type ItemValues } from '../../test-type.ts'

const item = {
  command_line: 'string',
  exec_time: 'string',
  pid: 'int',
  ppid: 'int',
  priority: 'int',
  ruid: 'int',
  scheduling_class: 'string',
  start_time: 'string',
  tty: 'string',
  user_id: 'int',
  exec_shield: 'boolean',
  loginuid: 'int',
  posix_capability: 'string',
  selinux_domain_label: 'string',
  session_id: 'int',
} as const

/** Running processes by /proc: the unix `process58_test`. */
export const process58 = defineTestType({
  family: 'unix',
  name: 'process58',
  description:
    'Running processes with command line, owner, capabilities, session and times; threads of the kernel are none.',
  object: ['command_line', 'pid'],
  item,

  async collect(session, { object }) {
    const processes = await readProcesses(session)
    const found = await Promise.all(
      processes
        .filter(({ pid }) => object.pid.matches(pid))
        .map(async (process) => {
          const command_line = await readCommandLine(session, process)
          if (!object.command_line.matches(command_line)) return undefined
          return { values: { command_line, ...(await describe(session, process)) } }
        }),
    )
    const hidden = await hiddenProcesses(session)
    return {
      ...(hidden === undefined ? {} : { flag: 'error', messages: [hidden] }),
      found: found.filter((one) => one !== undefined),
    }
  },
})

async function describe(session: Session, process: Process): Promise<ItemValues<typeof item>> {
  const [description, loginuid, label] = await Promise.all([
    describeProcess(session, process),
    readLoginUser(session, process.pid),
    readDomain(session, process.pid),
  ])
  return {
    ...description,
    // A patch of the kernel that ended with Red Hat Enterprise Linux 6.
    exec_shield: { status: 'not collected' },
    loginuid,
    posix_capability: capabilityNames.filter((_, bit) => ((process.capabilities >> BigInt(bit)) & 1n) === 1n),
    ...(label === undefined ? {} : { selinux_domain_label: label }),
    session_id: BigInt(process.session),
  }
}

async function readLoginUser(session: Session, pid: string): Promise<EntityStatus | bigint> {
  try {
    const text = await readOfProcess(session, pid, 'loginuid')
    // Without the audit subsystem there is no such file.
    return text === undefined ? { status: 'does not exist' } : BigInt(text.trim())
  } catch (error) {
    if (!concernsOneThing(error)) throw error
    return { status: 'error' }
  }
}

/** The type in the process's security context; undefined without SELinux, whose file other modules use for labels of theirs. */
async function readDomain(session: Session, pid: string): Promise<EntityStatus | string | undefined> {
  if ((await selinuxFolder(session)) === undefined) return undefined
  try {
    const context = await readOfProcess(session, pid, 'attr/current')
    return parseSelinuxContext(context ?? '')?.type ?? { status: 'does not exist' }
  } catch (error) {
    if (!concernsOneThing(error)) throw error
    return { status: 'error' }
  }
}
