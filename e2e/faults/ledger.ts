/**
 * What the server has been told and what it has answered. A write that was acknowledged must be there; one whose answer
 * never came may be there or not, wholly.
 */

export type Kind = 'asset' | 'content' | 'credential' | 'folder' | 'group' | 'job' | 'user'

/** How it stands with a thing: `absent`, or a word for what was last written. */
export type State = string

export const absent: State = 'absent'

export interface Thing {
  readonly kind: Kind
  readonly name: string
  /** Given by the server; unknown while the answer to its creation is. */
  id?: string
  /** More than one while an answer is missing. */
  possible: ReadonlySet<State>
  /** The one occurrence of a job's schedule, as an instant. */
  readonly dueAt?: string
  /** It was acknowledged before it was due, and by the same clock; a job that is made after its only occurrence never runs. */
  wasInTime?: boolean
}

export interface AcknowledgedRun {
  readonly runId: string
  readonly job: Thing
  aborted: boolean
}

export class Ledger {
  readonly things: Thing[] = []
  readonly runs: AcknowledgedRun[] = []
  /** How often each action was acknowledged, by its name in the audit trail. */
  readonly acknowledged = new Map<string, number>()
  unanswered = 0
  /** Answers that nothing explains. */
  readonly surprises: string[] = []

  add(thing: Omit<Thing, 'possible'>): Thing {
    const added: Thing = { ...thing, possible: new Set([absent]) }
    this.things.push(added)
    return added
  }

  /** The request is on its way: from now on the thing may be as it asks. */
  expect(thing: Thing, state: State): void {
    thing.possible = new Set([...thing.possible, state])
  }

  acknowledge(thing: Thing, state: State, action: string): void {
    thing.possible = new Set([state])
    this.count(action)
  }

  /** It was refused: everything is as it was before. */
  refused(thing: Thing, before: ReadonlySet<State>): void {
    thing.possible = before
  }

  count(action: string): void {
    this.acknowledged.set(action, (this.acknowledged.get(action) ?? 0) + 1)
  }
}

/** It is there, whatever else is not known of it. */
export function isPresent({ id, possible }: Thing): boolean {
  return id !== undefined && !possible.has(absent)
}
