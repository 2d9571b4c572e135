/**
 * The states of a run and of its assets, and the moves between them. Each move is one SQL statement whose condition is
 * the state it leaves, taken from these tables, so that a move that is not here cannot happen.
 *
 * A run is queued, executes, and ends in one of four ways. Stopping it (an abort, or its time limit) passes through
 * `Aborting`, while workers close their sessions. Once ended, a run never changes.
 *
 * An asset of a run waits, is collected, waits again, is evaluated, and ends. Which of these it passes is the job type's
 * affair; one that still waits when the time for collecting is over is evaluated without having been collected. A task that is tried again takes its asset from the state in which the lost attempt left it (`collecting` to
 * `collecting`), with the next attempt number; the lost attempt no longer matches.
 */
export const runMoves = {
  Queued: ['Executing', 'Failed', 'Aborting'],
  Executing: ['Completed', 'Completed with errors', 'Failed', 'Aborting'],
  Aborting: ['Aborted', 'Timed out'],
  Completed: [],
  'Completed with errors': [],
  Failed: [],
  Aborted: [],
  'Timed out': [],
} as const satisfies Record<string, readonly string[]>

export const assetMoves = {
  waiting: ['collecting', 'collected', 'failed', 'aborted', 'timed out'],
  collecting: ['collecting', 'waiting', 'collected', 'completed', 'failed', 'aborted', 'timed out'],
  collected: ['evaluating', 'failed', 'aborted', 'timed out'],
  evaluating: ['evaluating', 'collected', 'completed', 'failed', 'aborted', 'timed out'],
  completed: [],
  failed: [],
  aborted: [],
  'timed out': [],
} as const satisfies Record<string, readonly string[]>

export type RunStatus = keyof typeof runMoves
export type AssetState = keyof typeof assetMoves

/** What `LastRunStatus` says of a job without a run. */
export const notRun = 'Not run'

/** The states from which `to` can be reached: the condition of the statement that makes the move. */
export function runStatusesBefore(to: RunStatus): RunStatus[] {
  return statesBefore(runMoves, to)
}

export function assetStatesBefore(to: AssetState): AssetState[] {
  return statesBefore(assetMoves, to)
}

export function hasEnded(status: RunStatus): boolean {
  return runMoves[status].length === 0
}

/** The states an asset can still leave. */
export const openAssetStates = keysOf(assetMoves).filter((state) => assetMoves[state].length > 0)

/** Those of them in which no worker holds it. */
export const leftAssetStates = ['waiting', 'collected'] as const satisfies AssetState[]

/** A run's status by what became of its assets: none completed → `Failed`, some failed → `Completed with errors`. */
export function statusByAssets(count: { readonly completed: number; readonly failed: number }): RunStatus {
  if (count.completed === 0) return 'Failed'
  return count.failed === 0 ? 'Completed' : 'Completed with errors'
}

function statesBefore<State extends string>(moves: Readonly<Record<State, readonly string[]>>, to: State): State[] {
  return keysOf(moves).filter((from) => moves[from].includes(to))
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  // A record's own keys are its key type; the compiler only knows that they are strings.
  return Object.keys(record) as Key[]
}
