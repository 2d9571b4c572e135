import { PlaceError, quoted } from './place.ts'

/** What `plumbline_sudo` of Ansible and `PlumblineSudo` of an ssh_config say, as `sudo=` in an address. Throws `PlaceError`. */
export function becomeOfSudo(value: string): 'none' | 'sudo' | 'sudo-commands' {
  const word = value.trim().toLowerCase()
  if (word === 'commands') return 'sudo-commands'
  if (['true', 'yes', 'on', '1'].includes(word)) return 'sudo'
  if (['false', 'no', 'off', '0'].includes(word)) return 'none'
  throw new PlaceError(`${quoted(value)} is no way to use sudo: true, false or commands`)
}
