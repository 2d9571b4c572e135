import { TransportError } from '../../errors.ts'
import { parseProcessStat, parseProcessStatus } from '../../parsers/proc-status.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type ItemValues } from '../../test-type.ts'

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
  selinux_domain_label: 'string',
  session_id: 'int',
} as const

/** Running processes by /proc: the unix `process58_test`. */
export const process58 = defineTestType({
  family: 'unix',
  name: 'process58',
  description: 'Running processes with command line, owner, session and times.',
  object: ['command_line', 'pid'],
  item,

  async collect(session, { object, has }) {
    if (!session.canRun) {
      throw new TransportError('not-possible-offline', `processes of ${session.asset} are not known: it is not running`)
    }
    const numbers = ((await session.list('/proc')) ?? []).map(({ name }) => name).filter((name) => /^\d+$/.test(name))
    const wanted = numbers.filter((pid) => !has('pid') || object.pid.matches(pid))
    const items = await Promise.all(wanted.map((pid) => describe(session, pid)))
    return items.filter(
      (one) => one !== undefined && (!has('command_line') || object.command_line.matches(commandLineOf(one))),
    ) as ItemValues<typeof item>[]
  },
})

const commandLineOf = ({ command_line }: ItemValues<typeof item>): string =>
  typeof command_line === 'string' ? command_line : ''

/** Clock ticks a second, as every Linux shows them to programs. */
const ticksPerSecond = 100

/** Undefined when the process ended while we looked. */
async function describe(session: Session, pid: string): Promise<ItemValues<typeof item> | undefined> {
  const [statText, statusText, commandLine, loginUser, label] = await Promise.all([
    session.readText(`/proc/${pid}/stat`),
    session.readText(`/proc/${pid}/status`),
    session.readText(`/proc/${pid}/cmdline`),
    readOrNothing(session, `/proc/${pid}/loginuid`),
    readOrNothing(session, `/proc/${pid}/attr/current`),
  ])
  const stat = parseProcessStat(statText ?? '')
  if (stat === undefined || statusText === undefined) return undefined
  const { userIds } = parseProcessStatus(statusText)
  return {
    command_line:
      commandLine === undefined || commandLine === ''
        ? stat.command
        : commandLine.replace(/\0+$/, '').replaceAll('\0', ' '),
    exec_time: clock((stat.userTicks + stat.systemTicks) / ticksPerSecond),
    pid: BigInt(pid),
    ppid: BigInt(stat.parent),
    priority: BigInt(stat.priority),
    ruid: BigInt(userIds[0] ?? -1),
    scheduling_class: schedulingClasses[stat.policy] ?? '?',
    user_id: BigInt(userIds[1] ?? -1),
    tty: stat.terminal === 0 ? '?' : terminalName(stat.terminal),
    loginuid: /^\d+$/.test(loginUser?.trim() ?? '') ? BigInt(loginUser?.trim() ?? '') : { status: 'not collected' },
    ...(label === undefined ? {} : { selinux_domain_label: label.replace(/[\0\n]+$/, '') }),
    session_id: BigInt(stat.session),
  }
}

/** ps(1), CLS. */
const schedulingClasses: readonly string[] = ['TS', 'FF', 'RR', 'B', 'ISO', 'IDL', 'DLN']

function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  return [whole / 3600, (whole / 60) % 60, whole % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':')
}

/** The device number of tty_nr: major 136 are the pseudo terminals, 4 the virtual consoles. */
function terminalName(device: number): string {
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `pts/${minor + (major - 136) * 256}`
  return major === 4 ? `tty${minor}` : `${major}:${minor}`
}

async function readOrNothing(session: Session, path: string): Promise<string | undefined> {
  try {
    return await session.readText(path)
  } catch {
    return undefined
  }
}
