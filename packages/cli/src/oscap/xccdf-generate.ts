import { existsSync } from 'node:fs'
import { readResults, writeHtmlGuide, writeHtmlReport, type XmlElement } from '@plumbline/scap'
import { writeFile } from '../reports.ts'
import type { Operation } from './command-line.ts'
import { readDocument } from './document.ts'
import { signing } from './signature.ts'
import { chooseContent, choosing, fetching } from './xccdf-content.ts'

export const generateReport: Operation = {
  summary: 'Write the HTML report of results: XCCDF results, or an asset report.',
  usage: 'xccdf generate report [--output FILE] RESULTS',
  options: {
    output: 'where to write it; standard output without',
    profile: 'accepted; the results say which',
    'result-id': 'the TestResult, by its id; the most recent one without',
    'oval-template': 'where OVAL results are, with % for what a check refers to: %.result.xml',
  },
  unsupported: ['sce-template', 'show'],
  files: [1, 1],
  run(parameters) {
    const { root, name, find } = readDocument(parameters.files[0] ?? '')
    const [resultId, template] = [parameters.value('result-id'), parameters.value('oval-template')]
    const input = readResults(root, name, {
      findFile: find,
      ...(resultId === undefined ? {} : { resultId }),
      ...(template === undefined
        ? {}
        : { findOvalResults: (href) => ovalResultsAt(template.replace('%', () => href)) }),
    })
    writeFile(parameters.value('output') ?? '-', (sink) => writeHtmlReport(sink, input))
    return 0
  },
}

/** What is not there explains nothing, and is told. */
function ovalResultsAt(path: string): XmlElement | undefined {
  if (existsSync(path)) return readDocument(path).root
  process.stderr.write(`WARNING: there are no OVAL results ${path}\n`)
  return undefined
}

export const generateGuide: Operation = {
  summary: 'Write a profile as an HTML guide.',
  usage: 'xccdf generate guide [--profile ID] [--output FILE] CONTENT',
  options: { ...choosing, output: 'where to write it; standard output without' },
  switches: {
    'skip-valid': 'do not validate the content',
    'skip-validation': 'the same',
    'hide-profile-info': 'accepted',
    ...signing,
    ...fetching,
  },
  files: [1, 1],
  async run(parameters) {
    const chosen = await chooseContent(parameters)
    writeFile(parameters.value('output') ?? '-', (sink) => writeHtmlGuide(sink, chosen))
    return 0
  },
}
