import type { Definition } from './definition.ts'
import type { OvalObject } from './object.ts'
import type { State } from './state.ts'
import type { Test } from './test.ts'
import type { Variable } from './variable.ts'

/**
 * One OVAL definitions document, parsed: plain data, so that it can be kept as JSON and loaded without any XML.
 * Every reference inside it resolves (the parser refuses a dangling one).
 */
export interface OvalContent {
  readonly schemaVersion: string
  readonly definitions: Readonly<Record<string, Definition>>
  readonly tests: Readonly<Record<string, Test>>
  readonly objects: Readonly<Record<string, OvalObject>>
  readonly states: Readonly<Record<string, State>>
  readonly variables: Readonly<Record<string, Variable>>
}
