/** The three sets of capabilities(7) of a file, a bit for each capability by its number. */
export interface FileCapabilities {
  readonly permitted: bigint
  readonly inheritable: bigint
  readonly effective: bigint
}

/** linux/capability.h: each one's place is its number. */
const names =
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast ' +
  'net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice ' +
  'sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog ' +
  'wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore'
const bits = new Map(names.split(' ').map((name, at) => [`cap_${name}`, 1n << BigInt(at)]))
const all = (1n << BigInt(bits.size)) - 1n

/** As cap_from_text(3) reads it: clauses such as `cap_net_raw,cap_net_admin=ep` or `= cap_chown+i`. Undefined for what is none. */
export function parseCapabilityText(text: string): FileCapabilities | undefined {
  const sets = { p: 0n, i: 0n, e: 0n }
  for (const clause of text.split(/\s+/).filter((one) => one !== '')) {
    const [, list = '', operations = ''] = /^([a-z0-9_,]*)((?:[=+-][eip]*)+)$/.exec(clause.toLowerCase()) ?? []
    if (operations === '') return undefined
    let mask = list === '' || list === 'all' ? all : 0n
    for (const name of mask === 0n ? list.split(',') : []) {
      const bit = bits.get(name)
      if (bit === undefined) return undefined
      mask |= bit
    }
    for (const [, sign, flags = ''] of operations.matchAll(/([=+-])([eip]*)/g)) {
      for (const set of ['p', 'i', 'e'] as const) {
        if (sign === '=' || (sign === '-' && flags.includes(set))) sets[set] &= ~mask
        if (sign !== '-' && flags.includes(set)) sets[set] |= mask
      }
    }
  }
  return { permitted: sets.p, inheritable: sets.i, effective: sets.e }
}

/** The attribute `security.capability` (linux/capability.h, `vfs_cap_data`). Undefined for a form that is not known. */
export function parseCapabilityAttribute(value: Uint8Array): FileCapabilities | undefined {
  const data = new DataView(value.buffer, value.byteOffset, value.byteLength)
  if (value.byteLength < 20) return undefined
  const head = data.getUint32(0, true)
  if (![0x0200_0000, 0x0300_0000].includes(head & 0xff00_0000)) return undefined
  const word = (at: number): bigint => BigInt(data.getUint32(at, true)) | (BigInt(data.getUint32(at + 8, true)) << 32n)
  const [permitted, inheritable] = [word(4), word(8)]
  return { permitted, inheritable, effective: (head & 1) === 1 ? permitted | inheritable : 0n }
}
