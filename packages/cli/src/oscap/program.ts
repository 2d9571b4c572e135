import { messageOf } from '../failure.ts'
import { helpFor, parseParameters, UsageError, type Operation } from './command-line.ts'
import { sourceStreamSplit } from './ds-split.ts'
import { info } from './info.ts'
import { ovalAnalyse, ovalCollect, ovalEval } from './oval.ts'
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
  'ds sds-split': sourceStreamSplit,
  'ds sds-validate': sourceStreamValidate,
  'ds rds-validate': resultStreamValidate,
}

/** The referee's modules; a word that is none of them has an exit status of its own. */
const modules: readonly string[] = ['cpe', 'cve', 'cvrf', 'cvss', 'ds', 'info', 'oval', 'xccdf']

const version = `Plumbline's command line of oscap (oscap) 1.3.7
Plumbline 0.1.0

==== Supported specifications ====
SCAP Version: 1.3
XCCDF Version: 1.2
OVAL Version: 5.11.2
CPE Version: 2.3
Asset Identification Version: 1.1
Asset Reporting Format Version: 1.1
`

const overview = `plumbline-oscap: oscap's operations, by Plumbline

Usage: plumbline-oscap [--verbose LEVEL] OPERATION [options] FILES

Operations:
${Object.entries(operations)
  .map(([name, { summary }]) => `   ${name.padEnd(24)} ${summary}`)
  .join('\n')}

"plumbline-oscap OPERATION --help" has the options. Exit status: 0 done (all rules passed, the document is valid),
2 at least one rule failed or is unknown, or the document is not valid, 1 an error, or something that is not supported.

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
  if (first === undefined || first === '-h' || first === '--help') {
    process.stdout.write(overview)
    return first === undefined ? 1 : 0
  }
  if (first === '-V' || first === '--version' || first === '-v') {
    process.stdout.write(version)
    return 0
  }
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
  const given = rest
    .filter((word) => !word.startsWith('-'))
    .slice(0, 3)
    .join(' ')
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(overview)
    return 0
  }
  process.stderr.write(
    `plumbline-oscap: "${given}" is not supported; there are ${Object.keys(operations).join(', ')}\n`,
  )
  return modules.includes(first) ? 1 : 101
}

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
