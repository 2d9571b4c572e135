import { testTypes } from '@plumbline/collect'
import { messageOf } from '../failure.ts'
import { helpFor, parseParameters, UsageError, type Operation } from './command-line.ts'
import { sourceStreamSplit } from './ds-split.ts'
import { info } from './info.ts'
import { ovalAnalyse, ovalCollect, ovalEval, ovalGenerateReport } from './oval.ts'
import { ovalValidate, resultStreamValidate, sourceStreamValidate, xccdfValidate } from './validate.ts'
import { xccdfEval } from './xccdf-eval.ts'
import { generateGuide, generateReport } from './xccdf-generate.ts'
import { xccdfResolve } from './xccdf-resolve.ts'
import { exportOvalVariables } from './xccdf-variables.ts'

/** What the referee's command does, by the words that name it. */
const operations: Readonly<Record<string, Operation>> = {
  info,
  'xccdf eval': xccdfEval,
  'xccdf generate report': generateReport,
  'xccdf generate guide': generateGuide,
  'xccdf resolve': xccdfResolve,
  'xccdf export-oval-variables': exportOvalVariables,
  'xccdf validate': xccdfValidate,
  'oval eval': ovalEval,
  'oval collect': ovalCollect,
  'oval analyse': ovalAnalyse,
  'oval validate': ovalValidate,
  'oval generate report': ovalGenerateReport,
  'ds sds-split': sourceStreamSplit,
  'ds sds-validate': sourceStreamValidate,
  'ds rds-validate': resultStreamValidate,
}

/** What the referee does and we do not: refused by name. */
const unsupported: readonly string[] = [
  ...['xccdf remediate', 'xccdf generate fix', 'xccdf generate custom'],
  ...['ds sds-compose', 'ds sds-add', 'ds rds-split', 'ds rds-create'],
  ...['cpe check', 'cpe match', 'cpe validate', 'cve validate', 'cve find'],
  ...['cvss score', 'cvss describe', 'cvrf eval', 'cvrf export', 'cvrf validate'],
]

/** Words that only begin the name of an operation: `xccdf`, `xccdf generate`. */
const modules: ReadonlySet<string> = new Set(
  [...Object.keys(operations), ...unsupported].flatMap((name) =>
    name.split(' ').flatMap((_, at, words) => (at === 0 ? [] : [words.slice(0, at).join(' ')])),
  ),
)

/** As with the referee: no operation was named, or one that there is not. */
const noSuchOperation = 101

const version = `Plumbline's command line of oscap (oscap) 1.3.7
Plumbline 0.1.0

==== Supported specifications ====
SCAP Version: 1.3
XCCDF Version: 1.2
OVAL Version: 5.11.2
CPE Version: 2.3
Asset Identification Version: 1.1
Asset Reporting Format Version: 1.1

==== Supported OVAL objects and associated OpenSCAP probes ====
OVAL family   OVAL object                  OpenSCAP probe
----------    ----------                   ----------
${ovalObjects()}
`

/** The test types that are collected, as scripts look for them in the referee's list. */
function ovalObjects(): string {
  return [...testTypes.map(({ name }) => name), 'independent/variable']
    .toSorted()
    .map((name) => name.split('/'))
    .map(([family, type]) => `${family!.padEnd(13)} ${type!.padEnd(28)} probe_${type}`)
    .join('\n')
}

const overview = `plumbline-oscap: oscap's operations, by Plumbline

Usage: plumbline-oscap [--verbose LEVEL] OPERATION [options] FILES

Operations:
${Object.entries(operations)
  .map(([name, { summary }]) => `   ${name.padEnd(24)} ${summary}`)
  .join('\n')}

"plumbline-oscap OPERATION --help" has the options. Exit status: 0 done (all rules passed, the document is valid),
2 at least one rule failed or is unknown, or the document is not valid, 1 an error, or something that is not supported,
100 a wrong command line, 101 no such operation.

Examples:
   plumbline-oscap xccdf eval --profile standard --results-arf arf.xml --report report.html ssg-debian12-ds.xml
   plumbline-oscap info ssg-debian12-ds.xml
`

/** Does what the words say; the exit status, whatever happens. */
export function run(words: readonly string[]): Promise<number> {
  return main(words).catch(report)
}

async function main(words: readonly string[]): Promise<number> {
  const rest = withoutCommonOptions(words)
  const [first] = rest
  if (first === '-h' || first === '--help') {
    process.stdout.write(overview)
    return 0
  }
  if (first === '-V' || first === '--version') {
    process.stdout.write(version)
    return 0
  }
  if (first?.startsWith('-') === true) throw new UsageError(`there is no option ${first}; see plumbline-oscap --help`)
  for (const length of [3, 2, 1]) {
    const name = rest.slice(0, length).join(' ')
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined) continue
    const parameters = parseParameters(name, operation, rest.slice(length))
    if (parameters.has('help')) {
      process.stdout.write(helpFor(operation))
      return 0
    }
    return await operation.run(parameters)
  }
  return refuse(rest)
}

function refuse(words: readonly string[]): number {
  const isHelp = words.includes('--help') || words.includes('-h')
  const known = [3, 2].map((length) => words.slice(0, length).join(' ')).find((name) => unsupported.includes(name))
  const named = words.filter((word) => !word.startsWith('-')).join(' ')
  if (isHelp && (known !== undefined || modules.has(named))) {
    process.stdout.write(overview)
    return 0
  }
  if (known !== undefined) {
    process.stderr.write(
      `plumbline-oscap: "${known}" is not supported; there are ${Object.keys(operations).join(', ')}\n`,
    )
    return 1
  }
  process.stderr.write(
    named === '' || modules.has(named)
      ? `plumbline-oscap: say what to do: ${operationsOf(named).join(', ')}\n`
      : `plumbline-oscap: No such module: ${words.find((_, at) => !modules.has(words.slice(0, at + 1).join(' '))) ?? ''}\n`,
  )
  return noSuchOperation
}

const operationsOf = (module: string): string[] =>
  Object.keys(operations).filter((name) => module === '' || name.startsWith(`${module} `))

/** `--verbose LEVEL` and `--verbose-log-file FILE` may stand before the operation. */
function withoutCommonOptions(words: readonly string[]): readonly string[] {
  const [first, second] = words
  if (first === '--verbose' || first === '--verbose-log-file') return withoutCommonOptions(words.slice(2))
  if (first?.startsWith('--verbose') === true) return withoutCommonOptions(words.slice(1))
  // An option of `xccdf generate` may stand before what is generated.
  if (first === 'xccdf' && second === 'generate' && words[2] === '--profile')
    return ['xccdf', 'generate', ...words.slice(4, 5), '--profile', ...words.slice(3, 4), ...words.slice(5)]
  return words
}

function report(error: unknown): number {
  process.stderr.write(`plumbline-oscap: ${messageOf(error)}\n`)
  return error instanceof UsageError ? 100 : 1
}
