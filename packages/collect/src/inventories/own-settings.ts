import { PlaceError, quoted } from './place.ts'

/** What `plumbline_sudo` of Ansible and `PlumblineSudo` of an ssh_config say, as `sudo=` in an address. Throws `PlaceError`. */
export function becomeOfSudo(value: string): 'none' | 'sudo' | 'sudo-commands' {
  if (wordOf(value) === 'commands') return 'sudo-commands'
  const isWanted = truthOf(value)
  if (isWanted === undefined) throw new PlaceError(`${quoted(value)} is no way to use sudo: true, false or commands`)
  return isWanted ? 'sudo' : 'none'
}

/**
 * What `plumbline_legacy_algorithms` of Ansible, `PlumblineLegacyAlgorithms` of an ssh_config and `legacyAlgorithms` of a
 * table say; undefined where they say nothing. Throws `PlaceError`.
 */
export function legacyAlgorithmsOf(value: string): boolean | undefined {
  if (wordOf(value) === '') return undefined
  const areAllowed = truthOf(value)
  if (areAllowed === undefined)
    throw new PlaceError(`${quoted(value)} does not say whether legacy algorithms are allowed: true or false`)
  return areAllowed
}

const wordOf = (value: string): string => value.trim().toLowerCase()

function truthOf(value: string): boolean | undefined {
  if (['true', 'yes', 'on', '1'].includes(wordOf(value))) return true
  return ['false', 'no', 'off', '0'].includes(wordOf(value)) ? false : undefined
}
