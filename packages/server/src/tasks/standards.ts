import type { CollectionPlan } from '@plumbline/scap'
import type { PinnedStandard } from '../store/run-inputs.ts'
export interface PreparedStandard {
  readonly pinned: PinnedStandard
  readonly plan: CollectionPlan
}
export interface StandardLibrary {
  prepare(pinned: readonly PinnedStandard[]): Promise<PreparedStandard[]>
}
export function planOf(standards: readonly PreparedStandard[]): { plan: CollectionPlan; digest: string } {
  return { plan: standards.flatMap(({ plan }) => plan), digest: '' }
}
