import { getHeapStatistics } from 'node:v8'
import type { Lateness, StepAside } from './patience.ts'

/** Waits for a machine without the place that others have meanwhile, and ends when it has one again. */
export type LeavePlace = <Value>(wait: Promise<Value>) => Promise<Value>

/** Who may be waited for aside in this process: whoever has not greeted, and so many that have and so have a session open. */
export interface Asides {
  bound(leavePlace: LeavePlace): StepAside
}

/** Measured late in a profile of 273 rules: 12 MB for a session and what it has collected. A login that hangs takes below 2 MB. */
function memoryIsLeft(): boolean {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external < getHeapStatistics().heap_size_limit / 2
}

/** One that is `laden` may not while half of the memory that this process may have is in use. */
export function openAsides(mostSessions: number, hasRoom = memoryIsLeft): Asides {
  let sessions = 0
  const mayAdd = (lateness: Lateness): boolean => sessions < mostSessions && (lateness !== 'laden' || hasRoom())
  return {
    bound(leavePlace) {
      return (wait, lateness) => {
        if (lateness === 'silent') return leavePlace(wait)
        if (!mayAdd(lateness)) return undefined
        sessions += 1
        return leavePlace(wait).finally(() => (sessions -= 1))
      }
    },
  }
}
