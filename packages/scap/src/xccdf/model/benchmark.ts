/** XCCDF 1.2, ResultEnumType. */
export type RuleOutcome =
  | 'error'
  | 'fail'
  | 'fixed'
  | 'informational'
  | 'notapplicable'
  | 'notchecked'
  | 'notselected'
  | 'pass'
  | 'unknown'

export type Severity = 'high' | 'info' | 'low' | 'medium' | 'unknown'

/** XCCDF 1.2, RoleEnumType. */
export type Role = 'full' | 'unchecked' | 'unscored'

/** Text in which the values of a profile may appear: pieces, and the ids of values between them. */
export type Text = readonly (string | { readonly valueId: string })[]

/** A benchmark as it was written, but that items have what they extend: plain data. */
export interface Benchmark {
  readonly id: string
  readonly version: string
  readonly title: Text
  readonly description: Text
  readonly publisher: string
  readonly platforms: readonly string[]
  readonly models: readonly string[]
  readonly items: readonly (Group | Rule)[]
  readonly values: Readonly<Record<string, Value>>
  readonly profiles: readonly Profile[]
  /** Those that are there only to be extended. */
  readonly abstractProfiles?: readonly Profile[]
  /** What of it is not followed. */
  readonly ignored?: readonly string[]
}

interface SelectableItem {
  readonly id: string
  readonly title: Text
  readonly description: Text
  readonly selected: boolean
  readonly weight: number
  readonly platforms: readonly string[]
  /** Each list: any of them must be selected; all lists must hold. */
  readonly requires: readonly (readonly string[])[]
  readonly conflicts: readonly string[]
  readonly clusterId?: string
}

export interface Group extends SelectableItem {
  readonly kind: 'group'
  readonly children: readonly (Group | Rule)[]
}

export interface Rule extends SelectableItem {
  readonly kind: 'rule'
  readonly severity: Severity
  readonly role: Role
  readonly rationale: Text
  readonly fixText: Text
  readonly idents: readonly { readonly system: string; readonly text: string }[]
  readonly references: readonly { readonly href: string; readonly text: string }[]
  readonly checks: readonly Check[]
  readonly complexCheck?: ComplexCheck
}

/** XCCDF 1.2, 6.4.4.4. */
export interface Check {
  readonly kind: 'check'
  readonly system: string
  readonly selector: string
  readonly negate: boolean
  readonly multiCheck: boolean
  readonly exports: readonly { readonly valueId: string; readonly name: string }[]
  /** Names under which the results quote what the check said: `stdout`, `stderr`. */
  readonly imports?: readonly string[]
  /** Tried in order until one can be used. */
  readonly contentRefs: readonly { readonly href: string; readonly name?: string }[]
}

export interface ComplexCheck {
  readonly kind: 'complex-check'
  readonly operator: 'AND' | 'OR'
  readonly negate: boolean
  readonly children: readonly (Check | ComplexCheck)[]
}

export interface Value {
  readonly id: string
  readonly title: Text
  readonly clusterId?: string
  readonly type: 'boolean' | 'number' | 'string'
  /** How the value is to be compared, for checks that are told: `equals`, `greater than` … */
  readonly operator?: string
  /** By selector; the empty one is the default. Several for a complex value. */
  readonly choices: Readonly<Record<string, readonly string[]>>
  /** The selector that counts when nothing is refined. */
  readonly defaultSelector: string
}

export interface Profile {
  readonly id: string
  readonly title: Text
  readonly description: Text
  readonly extends?: string
  /** In the order in which they were written: of two for one item the later counts. */
  readonly changes: readonly ProfileChange[]
}

export type ProfileChange =
  | {
      readonly kind: 'refine-rule'
      readonly idref: string
      readonly role?: Role
      readonly severity?: Severity
      readonly weight?: number
      readonly selector?: string
    }
  | { readonly kind: 'refine-value'; readonly idref: string; readonly selector: string }
  | { readonly kind: 'select'; readonly idref: string; readonly selected: boolean }
  | { readonly kind: 'set-value'; readonly idref: string; readonly values: readonly string[] }
