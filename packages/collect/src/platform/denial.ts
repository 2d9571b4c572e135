import { denied, TransportError } from '../errors.ts'
import type { Session } from '../session.ts'

/** A command was denied a file: where sudo is asked for single commands, it is one that sudo does not allow. */
export function denialOf({ asset, asksSudoForCommands }: Session, path: string, command: string): TransportError {
  const what =
    asksSudoForCommands === true
      ? `sudo does not allow "${command}" (plumbline privileges prints what to allow)`
      : 'grant sudo or use an account that may'
  return new TransportError('permission-denied', `cannot read ${path} on ${asset}: ${denied}; ${what}`)
}
