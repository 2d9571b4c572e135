export interface ProcessStat {
  readonly command: string
  readonly parent: number
  readonly session: number
  readonly terminal: number
  readonly userTicks: number
  readonly systemTicks: number
  readonly priority: number
  readonly startTicks: number
  readonly policy: number
}

/** proc_pid_stat(5). The command may hold blanks and parentheses, so it ends at the last one. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const match = /^\d+ \((.*)\) (.*)$/s.exec(text.trim())
  if (match === null) return undefined
  const [, command = '', rest = ''] = match
  // Counted from field 3 (state) of the manual page.
  const fields = rest.split(' ').map(Number)
  const at = (field: number): number => fields[field - 3] ?? 0
  return {
    command,
    parent: at(4),
    session: at(6),
    terminal: at(7),
    userTicks: at(14),
    systemTicks: at(15),
    priority: at(18),
    startTicks: at(22),
    policy: at(41),
  }
}

/** The four user ids of proc_pid_status(5): real, effective, saved, file system; and the effective capabilities. */
export function parseProcessStatus(text: string): {
  readonly userIds: readonly number[]
  readonly capabilities: bigint
} {
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? ''
  const hex = field('CapEff')
  return {
    userIds: field('Uid').split(/\s+/).map(Number),
    capabilities: /^[0-9a-f]+$/i.test(hex) ? BigInt(`0x${hex}`) : 0n,
  }
}
