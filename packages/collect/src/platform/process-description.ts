import { readOfProcess, type Process } from './processes.ts'
import type { Session } from '../session.ts'

/** Clock ticks a second, as every Linux shows them to programs. */
const ticksPerSecond = 100

/** What both generations of process tests say of a process, in the words of ps(1). */
export async function describeProcess(session: Session, process: Process) {
  return {
    exec_time: execTime(
      Math.floor(process.userTicks / ticksPerSecond) + Math.floor(process.systemTicks / ticksPerSecond),
    ),
    pid: BigInt(process.pid),
    ppid: BigInt(process.parent),
    priority: BigInt(process.priority),
    ruid: process.realUserId,
    scheduling_class: schedulingClasses[process.policy] ?? '?',
    start_time: startTime(process.startTicks / ticksPerSecond, await readClock(session)),
    tty: terminalName(process.terminal),
    user_id: process.effectiveUserId,
  }
}

/** By the policy's number in sched(7). */
const schedulingClasses: Readonly<Record<number, string>> = { 0: 'TS', 1: 'FF', 2: 'RR', 3: 'B', 5: '#5' }

/** [DD-]HH:MM:SS */
function execTime(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  return `${days === 0 ? '' : `${days}-`}${timeOfDay(seconds)}`
}

const timeOfDay = (seconds: number): string =>
  [seconds / 3600, seconds / 60, seconds]
    .map((value, at) => String(Math.floor(value) % (at === 0 ? 24 : 60)).padStart(2, '0'))
    .join(':')

interface Clock {
  readonly now: number
  readonly boot: number
  /** Of the asset's local time, in seconds east of UTC. */
  readonly offset: number
}

function readClock(session: Session): Promise<Clock> {
  return session.once('clock', async () => {
    const [{ stdout }, stat] = await Promise.all([session.run(['date', '+%s %z']), session.readText('/proc/stat')])
    const [now = '', zone = ''] = new TextDecoder().decode(stdout).trim().split(' ')
    const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? []
    return {
      now: Number(now),
      boot: Number(/^btime (\d+)$/m.exec(stat ?? '')?.[1] ?? '0'),
      offset: (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60),
    }
  })
}

/** HH:MM:SS of a process that began today, else MMM_DD, both in the asset's local time. */
function startTime(secondsAfterBoot: number, { now, boot, offset }: Clock): string {
  const start = boot + Math.floor(secondsAfterBoot) + offset
  if (Math.floor(start / 86_400) === Math.floor((now + offset) / 86_400)) return timeOfDay(start)
  const date = new Date(start * 1000)
  return `${months[date.getUTCMonth()] ?? ''}_${String(date.getUTCDate()).padStart(2, '0')}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** proc_pid_stat(5), tty_nr: the minor number lies in two parts. Major numbers by the kernel's devices.txt. */
function terminalName(device: number): string {
  if (device === 0) return '?'
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `pts/${minor + (major - 136) * 256}`
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`
  if (major === 5 && minor === 1) return 'console'
  if (major === 204 && minor >= 64) return `ttyAMA${minor - 64}`
  if (major === 229) return `hvc${minor}`
  return '?'
}

/** The arguments as the process has them, printable, as ps(1) shows them; a process without any is known by its command. */
export async function readCommandLine(session: Session, process: Process): Promise<string> {
  if (process.state === 'Z') return `[${process.command}] <defunct>`
  const text = await readOfProcess(session, process.pid, 'cmdline')
  const words = (text ?? '').replace(/\0+$/, '')
  if (words === '') return process.command
  return words.replace(/[\0\n]/g, ' ').replace(/[^ -~]/gu, (character) => '.'.repeat(Buffer.byteLength(character)))
}
