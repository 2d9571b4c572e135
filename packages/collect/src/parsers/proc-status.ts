export interface ProcessStat {
  readonly command: string
  /** One letter; `Z` is a process that has ended and waits for its parent. */
  readonly state: string
  readonly parent: number
  readonly session: number
  readonly isKernelThread: boolean
  readonly terminal: number
  readonly userTicks: number
  readonly systemTicks: number
  readonly priority: number
  readonly startTicks: number
  readonly policy: number
}

/** proc_pid_stat(5). The command may hold blanks and parentheses, so it ends at the last one. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const match = /^\d+ \((.*)\) (\S) (.*)$/s.exec(text.trim())
  if (match === null) return undefined
  const [, command = '', state = '', rest = ''] = match
  // Counted from field 4 (ppid) of the manual page.
  const fields = rest.split(' ').map(Number)
  const at = (field: number): number => fields[field - 4] ?? 0
  return {
    command,
    state,
    parent: at(4),
    session: at(6),
    isKernelThread: (at(9) & kernelThreadFlag) !== 0,
    terminal: at(7),
    userTicks: at(14),
    systemTicks: at(15),
    priority: at(18),
    startTicks: at(22),
    policy: at(41),
  }
}

/** PF_KTHREAD of the kernel's sched.h. */
const kernelThreadFlag = 0x0020_0000

export interface ProcessStatus {
  readonly realUserId: bigint
  readonly effectiveUserId: bigint
  /** Bits of the effective capabilities. */
  readonly capabilities: bigint
}

/** proc_pid_status(5). */
export function parseProcessStatus(text: string): ProcessStatus | undefined {
  const users = /^Uid:\s*(\d+)\s+(\d+)/m.exec(text)
  if (users === null) return undefined
  const [, real = '', effective = ''] = users
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(text)?.[1] ?? '0'
  return {
    realUserId: BigInt(real),
    effectiveUserId: BigInt(effective),
    capabilities: BigInt(`0x${capabilities}`),
  }
}

/** Capability names by bit number (capabilities(7)), up to the last that OVAL's CapabilityType has. */
export const capabilityNames: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
]
