/** What was counted, by what it is called when it is printed. */
export type Counts = Record<string, number>

export interface Findings {
  readonly counts: Counts
  /** Each a sentence about what must not be. */
  readonly violations: readonly string[]
}
