import type { Datatype } from './enumerations.ts'
import type { Entity } from './entity.ts'

/** An OVAL variable: values given (`constant`), bound from outside (`external`) or computed (`local`). */
export type Variable = ConstantVariable | ExternalVariable | LocalVariable

interface VariableBase {
  readonly id: string
  readonly version: string
  readonly datatype: Datatype
  readonly comment: string
}

export interface ConstantVariable extends VariableBase {
  readonly kind: 'constant'
  readonly values: readonly string[]
}

export interface ExternalVariable extends VariableBase {
  readonly kind: 'external'
  readonly possibleValues: readonly { readonly value: string; readonly hint: string }[]
  readonly possibleRestrictions: readonly {
    readonly operator: 'AND' | 'OR' | 'ONE' | 'XOR'
    readonly hint: string
    readonly restrictions: readonly Pick<Entity, 'operation' | 'value'>[]
  }[]
}

export interface LocalVariable extends VariableBase {
  readonly kind: 'local'
  readonly component: Component
}

/** OVAL definitions schema, ComponentGroup and FunctionGroup. */
export type Component =
  | { readonly kind: 'literal_component'; readonly datatype: Datatype; readonly value: string }
  | {
      readonly kind: 'object_component'
      readonly objectRef: string
      readonly itemField: string
      readonly recordField?: string
    }
  | { readonly kind: 'variable_component'; readonly varRef: string }
  | { readonly kind: 'arithmetic'; readonly operation: 'add' | 'multiply'; readonly components: readonly Component[] }
  | { readonly kind: 'begin'; readonly character: string; readonly component: Component }
  | { readonly kind: 'concat'; readonly components: readonly Component[] }
  | { readonly kind: 'count'; readonly components: readonly Component[] }
  | { readonly kind: 'end'; readonly character: string; readonly component: Component }
  | { readonly kind: 'escape_regex'; readonly component: Component }
  | { readonly kind: 'glob_to_regex'; readonly globNoescape: boolean; readonly component: Component }
  | { readonly kind: 'regex_capture'; readonly pattern: string; readonly component: Component }
  | { readonly kind: 'split'; readonly delimiter: string; readonly component: Component }
  | { readonly kind: 'substring'; readonly start: number; readonly length: number; readonly component: Component }
  | {
      readonly kind: 'time_difference'
      readonly format1: TimeFormat
      readonly format2: TimeFormat
      readonly components: readonly Component[]
    }
  | { readonly kind: 'unique'; readonly components: readonly Component[] }

/** OVAL definitions schema, DateTimeFormatEnumeration. */
export type TimeFormat =
  | 'cim_datetime'
  | 'day_month_year'
  | 'month_day_year'
  | 'seconds_since_epoch'
  | 'win_filetime'
  | 'year_month_day'
