import { userInfo } from 'node:os'
import {
  evaluateBenchmark,
  planCollection,
  writeArf,
  writeHtmlReport,
  writeTestResult,
  writeXccdfResults,
  type BenchmarkResult,
  type RuleResult,
  type ReportInput,
} from '@plumbline/scap'
import { currentTime } from '../clock.ts'
import { printable } from '../output.ts'
import { writeFile, writeOvalResultFiles } from '../reports.ts'
import { exitStatusOf } from '../verdicts.ts'
import { collectAsReferee } from './collecting.ts'
import type { Operation, Parameters } from './command-line.ts'
import { signing } from './signature.ts'
import { forStigViewer } from './stig-viewer.ts'
import { exportVariables } from './xccdf-variables.ts'
import { chooseContent, choosing, fetching, restrictRules } from './xccdf-content.ts'

export const xccdfEval: Operation = {
  summary: 'Evaluate a profile of an XCCDF benchmark on this machine, or on OSCAP_PROBE_ROOT.',
  usage: 'xccdf eval [options] INPUT_FILE [OVAL_FILES]',
  options: {
    ...choosing,
    rule: 'only this rule; may be given several times',
    'skip-rule': 'all but this rule; may be given several times',
    results: 'write XCCDF results',
    'results-arf': 'write an asset report (ARF)',
    report: 'write an HTML report',
    'stig-viewer': 'write XCCDF results as DISA STIG Viewer reads them',
  },
  switches: {
    'oval-results': 'write the OVAL results of each document into the current folder',
    'export-variables': 'write the values that checks are given into the current folder',
    'thin-results': 'OVAL results with the verdicts of definitions alone',
    'without-syschar': 'OVAL results without what was collected',
    'check-engine-results': 'accepted; what scripts printed is in the results',
    'allow-scripts': 'run checks that are scripts (SCE); not of oscap, which runs them unasked',
    ...fetching,
    progress: 'print id:result',
    'progress-full': 'print id|title|result',
    'skip-valid': 'do not validate the content',
    'skip-validation': 'the same',
    ...signing,
  },
  unsupported: ['remediate', 'schematron'],
  files: [1, Infinity],
  async run(parameters) {
    const chosen = await chooseContent(parameters)
    const { content, source } = chosen
    const profile = {
      ...restrictRules(chosen.profile, parameters.values('rule'), parameters.values('skip-rule')),
      allowsScripts: parameters.has('allow-scripts') || process.env['PLUMBLINE_ALLOW_SCRIPTS'] === '1',
    }
    for (const reason of [...chosen.warnings, ...profile.ignored])
      process.stderr.write(`WARNING: ${printable(reason)}\n`)
    if (parameters.has('progress-full')) process.stdout.write('---evaluation\n')
    else if (!parameters.has('progress')) process.stdout.write('--- Starting Evaluation ---\n\n')
    const startTime = currentTime()
    const collected = await collectAsReferee(planCollection(content, profile))
    const endTime = currentTime()
    const result = evaluateBenchmark(content, profile, collected, { now: endTime })
    printResults(result, parameters)
    writeOutputs(parameters, {
      content,
      result,
      source,
      thinResults: parameters.has('thin-results'),
      withoutCharacteristics: parameters.has('without-syschar') || parameters.has('thin-results'),
      run: {
        target: collected.systemInfo,
        startTime,
        endTime,
        identity: { name: userInfo().username, privileged: userInfo().uid === 0 },
        benchmarkHref: parameters.files[0] ?? '',
      },
    })
    return exitStatusOf(result)
  },
}

/** With the carriage returns that the referee has, and that scripts may expect. */
function printResults({ rules }: BenchmarkResult, parameters: Parameters): void {
  for (const one of rules) {
    const { ruleId, title, result, rule } = one
    if (result === 'notselected') continue
    const name = printable(title)
    if (parameters.has('progress-full')) process.stdout.write(`${ruleId}|${name}|${result}\n`)
    else if (parameters.has('progress')) process.stdout.write(`${ruleId}:${result}\n`)
    else {
      const idents = rule.idents.map(({ text }) => `Ident\r\t${printable(text)}\n`).join('')
      process.stdout.write(`Title\r\t${name}\nRule\r\t${ruleId}\n${idents}${ofWhich(one)}Result\r\t${result}\n\n`)
    }
  }
}

/** Which definition of all in a document a result is of, where a rule has one for each. */
function ofWhich({ check, judged }: RuleResult): string {
  if (check?.kind !== 'check' || !check.multiCheck || judged?.kind !== 'definition') return ''
  const { id, title } = judged.decided.definition
  if (check.contentRefs.some(({ name }) => name === id)) return ''
  return `OVAL Definition ID\t${id}\nOVAL Definition Title\t${printable(title)}\n`
}

function writeOutputs(parameters: Parameters, input: ReportInput): void {
  const [results, arf, report, stig] = ['results', 'results-arf', 'report', 'stig-viewer'].map((name) =>
    parameters.value(name),
  )
  if (results !== undefined) writeFile(results, (sink) => writeXccdfResults(sink, input))
  if (arf !== undefined) writeFile(arf, (sink) => writeArf(sink, input))
  if (report !== undefined) writeFile(report, (sink) => writeHtmlReport(sink, input))
  if (stig !== undefined) writeFile(stig, (sink) => writeTestResult(sink, forStigViewer(input)))
  if (parameters.has('oval-results')) writeOvalResultFiles('.', input)
  if (parameters.has('export-variables')) exportVariables(input.result, input.run.endTime)
}
