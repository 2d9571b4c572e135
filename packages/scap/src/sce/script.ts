import type { Entity } from '../oval/model/entity.ts'
import type { OvalContent } from '../oval/model/content.ts'
import type { TestTypeName } from '../oval/model/object.ts'
import type { CollectedObject } from '../oval/model/system-characteristics.ts'
import type { RuleOutcome } from '../xccdf/model/benchmark.ts'

/** The check system of scripts, as the Script Check Engine of OpenSCAP defined it. */
export const scriptSystem = 'http://open-scap.org/page/SCE'
/** The namespace of scripts that a data stream brings in its extended components. */
export const scriptStream = 'http://open-scap.org/page/SCE_xccdf_stream'
/** What scripts are collected as. OVAL content cannot name it: its test types are of a family. */
export const scriptType: TestTypeName = '/script'

/** A script with the values that are exported to it: what is asked of an asset. */
export interface Script {
  readonly href: string
  readonly text: string
  /** `XCCDF_VALUE_…` and their like, in the order of the check. */
  readonly environment: readonly string[]
}

/** How a script ended on the asset. */
export interface ScriptRun {
  readonly href: string
  readonly outcome: RuleOutcome
  /** Undefined when it did not run, or not to its end: the messages say why. */
  readonly exitStatus: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly messages: readonly string[]
}

/** What a script is told: by which exit status it says what. */
export const exitStatuses: Readonly<Record<RuleOutcome, number>> = {
  pass: 101,
  fail: 102,
  error: 103,
  unknown: 104,
  notapplicable: 105,
  notchecked: 106,
  notselected: 107,
  informational: 108,
  fixed: 109,
}

const names: Readonly<Record<RuleOutcome, string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  error: 'ERROR',
  unknown: 'UNKNOWN',
  notapplicable: 'NOT_APPLICABLE',
  notchecked: 'NOT_CHECKED',
  notselected: 'NOT_SELECTED',
  informational: 'INFORMATIONAL',
  fixed: 'FIXED',
}

/** The part of the environment that every script has: `XCCDF_RESULT_PASS=101` and so on. */
export const resultEnvironment: readonly string[] = Object.entries(exitStatuses).map(
  ([outcome, status]) => `XCCDF_RESULT_${names[outcome as RuleOutcome]}=${status}`,
)

/** Any other exit status is a mistake of the script, so that nothing is known. */
export function outcomeOfExit(exitStatus: number): RuleOutcome {
  const found = Object.entries(exitStatuses).find(([, status]) => status === exitStatus)
  return found === undefined ? 'error' : (found[0] as RuleOutcome)
}

/** Scripts as objects that can be collected, so that their outcome is evidence like any other. */
export function documentOfScripts(scripts: ReadonlyMap<string, Script>): OvalContent {
  const ids = [...scripts.keys()]
  const each = <Value>(of: (id: string, script: Script) => Value): Record<string, Value> =>
    Object.fromEntries(ids.map((id) => [id, of(id, scripts.get(id)!)]))
  return {
    schemaVersion: '5.11.2',
    definitions: each((id, { href }) => ({
      id,
      version: '1',
      class: 'compliance' as const,
      title: href,
      description: '',
      deprecated: false,
      criteria: {
        ...plainNode,
        kind: 'criteria' as const,
        operator: 'AND' as const,
        children: [{ ...plainNode, kind: 'criterion' as const, testRef: id }],
      },
    })),
    tests: each((id) => ({
      id,
      version: '1',
      testType: scriptType,
      comment: '',
      check: 'all' as const,
      checkExistence: 'at_least_one_exists' as const,
      stateOperator: 'AND' as const,
      objectRef: id,
      stateRefs: [],
    })),
    objects: each((id, { text, environment }) => ({
      id,
      version: '1',
      testType: scriptType,
      comment: '',
      entities: [entity('script', text), ...environment.map((one) => entity('environment', one))],
      behaviors: {},
      filters: [],
    })),
    states: {},
    variables: {},
  }
}

const plainNode = { negate: false, comment: '', applicabilityCheck: false }

const entity = (name: string, value: string): Entity => ({
  name,
  datatype: 'string',
  operation: 'equals',
  value,
  varCheck: 'all',
  entityCheck: 'all',
  checkExistence: 'at_least_one_exists',
  nil: false,
  mask: false,
})

/** What was collected of a script, as its run. */
export function readRun(href: string, { flag, items, messages }: CollectedObject): ScriptRun {
  const [item] = items
  const read = (name: string): string | undefined => item?.entities.find((one) => one.name === name)?.value
  const status = read('exit_status')
  if (flag !== 'complete' || status === undefined) {
    const outcome = flag === 'not collected' || flag === 'not applicable' ? 'notchecked' : 'error'
    return { href, outcome, exitStatus: undefined, stdout: '', stderr: '', messages }
  }
  const exitStatus = Number(status)
  return {
    href,
    outcome: outcomeOfExit(exitStatus),
    exitStatus,
    stdout: read('stdout') ?? '',
    stderr: read('stderr') ?? '',
    messages: [],
  }
}
