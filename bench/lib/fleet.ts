import { openLocalSession } from '@plumbline/collect'
import type { FileStatus, Session } from '@plumbline/collect'
import { openRecordedSession, recordSession } from '../../packages/collect/src/transports/recorded.ts'
import type { Recording } from '../../packages/collect/src/transports/recorded.ts'

/** Assets that answer like this machine did when it was asked first, each with files of its own age. */
export interface Fleet {
  /** The first conversation is with this machine and is recorded. */
  open(asset: string): Session
  playBack(): void
  /** From now on five files of each asset have other times, and one another mode. */
  change(): void
}

const aged = 5

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
      // Each asset has its own files that differ, so that what is the same for two assets is so by chance only.
      const differing = new Map(
        Array.from({ length: aged + 1 }, (_, at) => [files[(number + at) % files.length], at] as const),
      )
      const replay = openRecordedSession({ ...played, asset })
      return {
        ...replay,
        // What is measured is the server, not the decoding of a recording.
        readText: (path) => remembered(texts, path, () => replay.readText(path)),
        readBytes: (path) => remembered(bytes, path, () => replay.readBytes(path)),
        async status(path) {
          const status = await replay.status(path)
          const place = differing.get(path)
          return status === undefined || place === undefined ? status : differ(status, place, number, changes)
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

function differ(status: FileStatus, place: number, asset: number, changes: number): FileStatus {
  if (place < aged) return { ...status, modified: status.modified + BigInt(asset * 100 + changes) }
  return changes % 2 === 0 ? status : { ...status, mode: status.mode ^ 0o002 }
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
