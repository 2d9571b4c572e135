import { openLocalSession } from '@plumbline/collect'
import type { Session } from '@plumbline/collect'
import { openRecordedSession, recordSession } from '../../packages/collect/src/transports/recorded.ts'
import type { Recording } from '../../packages/collect/src/transports/recorded.ts'

/** Assets that answer like this machine did when it was asked first, each with files of its own age. */
export interface Fleet {
  /** The first conversation is with this machine and is recorded. */
  open(asset: string): Session
  playBack(): void
  /** From now on the files of each asset have other times, and one below /etc another mode. */
  change(): void
}

export function createFleet(): Fleet {
  const { session, recording } = recordSession(openLocalSession(), 'the machine of the measurement')
  let played: Recording | undefined
  let changes = 0
  const texts = new Map<string, Promise<string | undefined>>()
  const bytes = new Map<string, Promise<Uint8Array | undefined>>()
  return {
    open(asset) {
      if (played === undefined) return session
      const number = Number(asset.replace(/\D/g, ''))
      const files = settingFiles(played)
      const widened = files[number % files.length]
      const replay = openRecordedSession({ ...played, asset })
      return {
        ...replay,
        // What is measured is the server, not the decoding of a recording.
        readText: (path) => remembered(texts, path, () => replay.readText(path)),
        readBytes: (path) => remembered(bytes, path, () => replay.readBytes(path)),
        async status(path) {
          const status = await replay.status(path)
          if (status === undefined) return undefined
          const modified = status.modified + BigInt(number * 100 + changes)
          const mode = path === widened && changes % 2 === 1 ? status.mode ^ 0o022 : status.mode
          return { ...status, modified, mode }
        },
      }
    },
    playBack() {
      played = recording()
    },
    change() {
      changes += 1
    },
  }
}

/** Files below /etc that are there and were looked at. */
function settingFiles({ statuses = {} }: Recording): string[] {
  return Object.entries(statuses)
    .filter(([path, status]) => path.startsWith('/etc/') && status !== null && !('error' in status))
    .map(([path]) => path)
}

function remembered<Value>(
  answers: Map<string, Promise<Value>>,
  path: string,
  ask: () => Promise<Value>,
): Promise<Value> {
  const answer = answers.get(path) ?? ask()
  answer.catch(() => undefined)
  answers.set(path, answer)
  return answer
}
