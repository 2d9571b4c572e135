/**
 * The truth tables of the OVAL schemas, as data.
 *
 * A cell says how often something must have been counted: `0`, `1`, `0,1`, `0+`, `1+`, `2+`, `odd`, `even`.
 * The first row whose cells all hold decides. Nothing counted at all is left open by the schemas; we say unknown, as
 * the reference scanner does.
 */
import type { Check, Existence, Flag, Operator, OvalResult, Status } from './model/enumerations.ts'
import type { ObjectSet } from './model/object.ts'

type Cell = '0' | '0+' | '0,1' | '1' | '1+' | '2+' | 'even' | 'odd'
type ResultRow = readonly [t: Cell, f: Cell, e: Cell, u: Cell, ne: Cell, na: Cell, result: OvalResult]
type ExistenceRow = readonly [exists: Cell, doesNotExist: Cell, error: Cell, notCollected: Cell, result: OvalResult]

/** OVAL common schema, OperatorEnumeration: true, false, error, unknown, not evaluated, not applicable → result. */
export const OPERATOR_TABLES: Readonly<Record<Operator, readonly ResultRow[]>> = {
  AND: [
    ['1+', '0', '0', '0', '0', '0+', 'true'],
    ['0+', '1+', '0+', '0+', '0+', '0+', 'false'],
    ['0+', '0', '1+', '0+', '0+', '0+', 'error'],
    ['0+', '0', '0', '1+', '0+', '0+', 'unknown'],
    ['0+', '0', '0', '0', '1+', '0+', 'not evaluated'],
    ['0', '0', '0', '0', '0', '1+', 'not applicable'],
  ],
  ONE: [
    ['1', '0+', '0', '0', '0', '0+', 'true'],
    ['2+', '0+', '0+', '0+', '0+', '0+', 'false'],
    ['0', '1+', '0', '0', '0', '0+', 'false'],
    ['0,1', '0+', '1+', '0+', '0+', '0+', 'error'],
    ['0,1', '0+', '0', '1+', '0+', '0+', 'unknown'],
    ['0,1', '0+', '0', '0', '1+', '0+', 'not evaluated'],
    ['0', '0', '0', '0', '0', '1+', 'not applicable'],
  ],
  OR: [
    ['1+', '0+', '0+', '0+', '0+', '0+', 'true'],
    ['0', '1+', '0', '0', '0', '0+', 'false'],
    ['0', '0+', '1+', '0+', '0+', '0+', 'error'],
    ['0', '0+', '0', '1+', '0+', '0+', 'unknown'],
    ['0', '0+', '0', '0', '1+', '0+', 'not evaluated'],
    ['0', '0', '0', '0', '0', '1+', 'not applicable'],
  ],
  // The schema lists "not applicable" last, where the even row (no true result is an even number of them) hides it.
  XOR: [
    ['0', '0', '0', '0', '0', '1+', 'not applicable'],
    ['odd', '0+', '0', '0', '0', '0+', 'true'],
    ['even', '0+', '0', '0', '0', '0+', 'false'],
    ['0+', '0+', '1+', '0+', '0+', '0+', 'error'],
    ['0+', '0+', '0', '1+', '0+', '0+', 'unknown'],
    ['0+', '0+', '0', '0', '1+', '0+', 'not evaluated'],
  ],
}

/** OVAL common schema, CheckEnumeration: true, false, error, unknown, not evaluated, not applicable → result. */
export const CHECK_TABLES: Readonly<Record<Check, readonly ResultRow[]>> = {
  all: OPERATOR_TABLES.AND,
  'at least one': OPERATOR_TABLES.OR,
  'only one': OPERATOR_TABLES.ONE,
  'none satisfy': [
    ['0', '1+', '0', '0', '0', '0+', 'true'],
    ['1+', '0+', '0+', '0+', '0+', '0+', 'false'],
    ['0', '0+', '1+', '0+', '0+', '0+', 'error'],
    ['0', '0+', '0', '1+', '0+', '0+', 'unknown'],
    ['0', '0+', '0', '0', '1+', '0+', 'not evaluated'],
    ['0', '0', '0', '0', '0', '1+', 'not applicable'],
  ],
}

/** OVAL common schema, ExistenceEnumeration: exists, does not exist, error, not collected → result. */
export const EXISTENCE_TABLES: Readonly<Record<Existence, readonly ExistenceRow[]>> = {
  all_exist: [
    ['1+', '0', '0', '0', 'true'],
    ['0', '0', '0', '0', 'false'],
    ['0+', '1+', '0+', '0+', 'false'],
    ['0+', '0', '1+', '0+', 'error'],
    ['0+', '0', '0', '1+', 'unknown'],
  ],
  any_exist: [
    ['0+', '0+', '0', '0+', 'true'],
    ['1+', '0+', '1+', '0+', 'true'],
    ['0', '0+', '1+', '0+', 'error'],
  ],
  at_least_one_exists: [
    ['1+', '0+', '0+', '0+', 'true'],
    ['0', '0+', '0', '0', 'false'],
    ['0', '0+', '1+', '0+', 'error'],
    ['0', '0+', '0', '1+', 'unknown'],
  ],
  none_exist: [
    ['0', '0+', '0', '0', 'true'],
    ['1+', '0+', '0+', '0+', 'false'],
    ['0', '0+', '1+', '0+', 'error'],
    ['0', '0+', '0', '1+', 'unknown'],
  ],
  only_one_exists: [
    ['1', '0+', '0', '0', 'true'],
    ['2+', '0+', '0+', '0+', 'false'],
    ['0', '0+', '0', '0', 'false'],
    ['0,1', '0+', '1+', '0+', 'error'],
    ['0,1', '0+', '0', '1+', 'unknown'],
  ],
}

const FLAGS = ['error', 'complete', 'incomplete', 'does not exist', 'not collected', 'not applicable'] as const
const [E, C, I, DNE, NC, NA] = FLAGS
type FlagMatrix = readonly (readonly Flag[])[]

/** OVAL definitions schema, SetOperatorEnumeration: a row per flag of the second set, a column per flag of the first. */
export const SET_FLAG_TABLES: Readonly<Record<ObjectSet['operator'], FlagMatrix>> = {
  //      E    C    I    DNE  NC   NA
  UNION: [
    /* E   */ [E, E, E, E, E, E],
    /* C   */ [E, C, I, C, I, C],
    /* I   */ [E, I, I, I, I, I],
    /* DNE */ [E, C, I, DNE, I, DNE],
    /* NC  */ [E, I, I, I, NC, NC],
    /* NA  */ [E, C, I, DNE, NC, NA],
  ],
  INTERSECTION: [
    /* E   */ [E, E, E, DNE, E, E],
    /* C   */ [E, C, I, DNE, NC, C],
    /* I   */ [E, I, I, DNE, NC, I],
    /* DNE */ [DNE, DNE, DNE, DNE, DNE, DNE],
    /* NC  */ [E, NC, NC, DNE, NC, NC],
    /* NA  */ [E, C, I, DNE, NC, NA],
  ],
  COMPLEMENT: [
    /* E   */ [E, E, E, DNE, E, E],
    /* C   */ [E, C, I, DNE, NC, E],
    /* I   */ [E, E, E, DNE, NC, E],
    /* DNE */ [E, C, I, DNE, NC, E],
    /* NC  */ [E, NC, NC, DNE, NC, E],
    /* NA  */ [E, E, E, E, E, E],
  ],
}

/** OVAL definitions schema, ConcatFunctionType: the flag of a function is the one of its components that is first here. */
export const COMPONENT_FLAG_ORDER: readonly Flag[] = [E, NA, NC, DNE, I, C]

/** How many results of each kind are to be combined. */
export type ResultCounts = Record<OvalResult, number>

export function noResults(): ResultCounts {
  return { true: 0, false: 0, error: 0, unknown: 0, 'not evaluated': 0, 'not applicable': 0 }
}

export function combineByOperator(operator: Operator, counts: Readonly<ResultCounts>): OvalResult {
  return firstRow(OPERATOR_TABLES[operator], counts)
}

/** The result that one alone suffices for, whatever else is counted. */
export const DECIDING: Readonly<Record<Operator, OvalResult | undefined>> = {
  AND: 'false',
  ONE: undefined,
  OR: 'true',
  XOR: 'error',
}

export function combineByCheck(check: Check, counts: Readonly<ResultCounts>): OvalResult {
  return firstRow(CHECK_TABLES[check], counts)
}

export function judgeExistence(existence: Existence, counts: Readonly<Record<Status, number>>): OvalResult {
  for (const [exists, doesNotExist, error, notCollected, result] of EXISTENCE_TABLES[existence]) {
    if (
      holds(exists, counts.exists) &&
      holds(doesNotExist, counts['does not exist']) &&
      holds(error, counts.error) &&
      holds(notCollected, counts['not collected'])
    ) {
      return result
    }
  }
  return 'unknown'
}

export function combineSetFlags(operator: ObjectSet['operator'], first: Flag, second: Flag): Flag {
  return SET_FLAG_TABLES[operator][FLAGS.indexOf(second)]![FLAGS.indexOf(first)]!
}

export function combineComponentFlags(flags: readonly Flag[]): Flag {
  return COMPONENT_FLAG_ORDER.find((flag) => flags.includes(flag)) ?? 'complete'
}

/** A negated true is false, a negated false is true; all other results stay. */
export function negateResult(result: OvalResult): OvalResult {
  if (result === 'true') return 'false'
  return result === 'false' ? 'true' : result
}

function firstRow(rows: readonly ResultRow[], counts: Readonly<ResultCounts>): OvalResult {
  const { true: t0, false: f0, error: e0, unknown: u0, 'not evaluated': ne0, 'not applicable': na0 } = counts
  if (t0 + f0 + e0 + u0 + ne0 + na0 === 0) return 'unknown'
  for (const [t, f, e, u, ne, na, result] of rows) {
    if (holds(t, t0) && holds(f, f0) && holds(e, e0) && holds(u, u0) && holds(ne, ne0) && holds(na, na0)) {
      return result
    }
  }
  return 'unknown'
}

function holds(cell: Cell, count: number): boolean {
  switch (cell) {
    case '0':
      return count === 0
    case '0+':
      return true
    case '0,1':
      return count <= 1
    case '1':
      return count === 1
    case '1+':
      return count >= 1
    case '2+':
      return count >= 2
    case 'even':
      return count % 2 === 0
    case 'odd':
      return count % 2 === 1
  }
}
