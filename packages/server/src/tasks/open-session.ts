import { openLocalSession } from '@plumbline/collect'
import type { Session } from '@plumbline/collect'
import { CollectionImpossible } from './collection-failure.ts'
import type { OpenSession } from './task-context.ts'

/** Reaches an asset the way its address says. */
export function sessionOpener(settings: { readonly commandTimeoutSeconds: number }): OpenSession {
  const commandTimeoutMs = settings.commandTimeoutSeconds * 1000
  return async ({ name, address }, signal): Promise<Session> => {
    switch (address.transport) {
      case 'local':
        return openLocalSession({ asset: name, signal, commandTimeoutMs })
      case 'ssh':
        throw new CollectionImpossible(
          'unsupported-transport',
          `${name} is reached by SSH, which this version cannot do yet.`,
        )
      case 'none':
        throw new CollectionImpossible(
          'unsupported-platform',
          `${name} is of a type that this version cannot collect from; its standards are evaluated as unknown.`,
        )
    }
  }
}
