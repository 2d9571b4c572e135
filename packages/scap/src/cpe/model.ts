/** One entry of a CPE dictionary: a name and the check that tells whether a system is of that kind. */
export interface CpeItem {
  readonly name: string
  readonly checks: readonly CpeCheck[]
}

export interface CpeCheck {
  readonly system: string
  readonly href: string
  /** The OVAL definition. */
  readonly id: string
}

/** CPE applicability language (NISTIR 7698): an expression over names and checks. */
export type CpeExpression =
  | { readonly kind: 'check-fact-ref'; readonly check: CpeCheck }
  | { readonly kind: 'fact-ref'; readonly name: string }
  | {
      readonly kind: 'logical-test'
      readonly operator: 'AND' | 'OR'
      readonly negate: boolean
      readonly children: readonly CpeExpression[]
    }

/** Platforms that a benchmark defines itself, by id, and the dictionary entries that come with it. */
export interface CpeContent {
  readonly platforms: Readonly<Record<string, CpeExpression>>
  readonly items: readonly CpeItem[]
}
