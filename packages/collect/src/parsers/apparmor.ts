/** One line of the kernel's list of profiles, or a process's label: `/usr/sbin/chronyd (enforce)`. A process without any is `unconfined`. */
export function parseAppArmorLabel(text: string): { readonly profile: string; readonly mode: string } | undefined {
  const match = /^(.+) \(([a-z]+)\)$/.exec(text.replace(/[\0\n]+$/, ''))
  return match === null ? undefined : { profile: match[1] ?? '', mode: match[2] ?? '' }
}
