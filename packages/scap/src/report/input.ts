import type { SourceDocument } from '../bundle/source-document.ts'
import type { SystemInfo } from '../oval/model/system-characteristics.ts'
import type { Generator } from '../oval/write/generator.ts'
import type { BenchmarkResult, RuleResult } from '../xccdf/evaluate.ts'
import type { BenchmarkContent } from '../xccdf/content.ts'
import { engineVersion } from '../version.ts'

/** When and where a benchmark was evaluated, and by what. */
export interface TestRun {
  readonly target: SystemInfo
  readonly startTime: Date
  readonly endTime: Date
  /** The program that evaluated; Plumbline without. */
  readonly scanner?: { readonly name: string; readonly version: string }
  /** The account that collected, when it is known. */
  readonly identity?: { readonly name: string; readonly privileged: boolean }
  /** Where the benchmark was read from. */
  readonly benchmarkHref?: string
}

/** What every report is written from. */
export interface ReportInput {
  readonly content: BenchmarkContent
  readonly result: BenchmarkResult
  readonly run: TestRun
  /** The content as it was written; reports that quote it say less without. */
  readonly source?: SourceDocument | undefined
  /** OVAL results with only the verdicts of definitions. */
  readonly thinResults?: boolean
  /** OVAL results without what was collected. */
  readonly withoutCharacteristics?: boolean
}

export const scannerOf = ({ scanner }: TestRun): { readonly name: string; readonly version: string } =>
  scanner ?? { name: 'Plumbline', version: engineVersion }

/** System and architecture for readers; the name of a system often ends with its version. */
export function systemOf({ osName, osVersion, architecture }: SystemInfo): string {
  const version = osName.split(/[\s()]+/).includes(osVersion) ? '' : osVersion
  return [osName, version, architecture].filter((one) => one !== '').join(' ')
}

/** CPE 2.2 name of the program, as XCCDF's `test-system` wants it. */
export function testSystemOf(run: TestRun): string {
  const { name, version } = scannerOf(run)
  const word = name.toLowerCase().replace(/[^a-z0-9._-]+/g, '_')
  return `cpe:/a:${word}:${word}:${version}`
}

export function generatorOf(run: TestRun): Generator {
  const { version } = scannerOf(run)
  return {
    productName: testSystemOf(run).split(':').slice(0, 4).join(':'),
    productVersion: version,
    timestamp: run.endTime.toISOString(),
  }
}

/** The rules that the profile selects, in document order. */
export const selectedRules = ({ rules }: BenchmarkResult): readonly RuleResult[] =>
  rules.filter(({ result }) => result !== 'notselected')

/** The name that results of a benchmark and a profile bear: `scheme` is `testresult` and the like. */
export function resultId({ benchmarkId, profileId }: BenchmarkResult, scheme: string): string {
  const [, vendor = 'plumbline'] = /^xccdf_([^_]+)_/.exec(benchmarkId) ?? []
  const name = (profileId?.replace(/^xccdf_[^_]+_profile_/, '') ?? 'default').replace(/[^\w.-]/g, '_')
  return `xccdf_${vendor}_${scheme}_${name}`
}
