import { readResults, writeHtmlGuide, writeHtmlReport } from '@plumbline/scap'
import { writeFile } from '../reports.ts'
import type { Operation } from './command-line.ts'
import { readDocument } from './document.ts'
import { chooseContent, choosing, fetching } from './xccdf-content.ts'

export const generateReport: Operation = {
  summary: 'Write the HTML report of results: XCCDF results, or an asset report.',
  usage: 'xccdf generate report [--output FILE] RESULTS',
  options: { output: 'where to write it; standard output without', profile: 'accepted; the results say which' },
  unsupported: ['result-id', 'oval-template', 'sce-template', 'show'],
  files: [1, 1],
  run(parameters) {
    const { root, name, find } = readDocument(parameters.files[0] ?? '')
    const input = readResults(root, name, find)
    writeFile(parameters.value('output') ?? '-', (sink) => writeHtmlReport(sink, input))
    return 0
  },
}

export const generateGuide: Operation = {
  summary: 'Write a profile as an HTML guide.',
  usage: 'xccdf generate guide [--profile ID] [--output FILE] CONTENT',
  options: { ...choosing, output: 'where to write it; standard output without' },
  switches: {
    'skip-valid': 'do not validate the content',
    'skip-validation': 'the same',
    'hide-profile-info': 'accepted',
    ...fetching,
  },
  files: [1, 1],
  async run(parameters) {
    const chosen = await chooseContent(parameters)
    writeFile(parameters.value('output') ?? '-', (sink) => writeHtmlGuide(sink, chosen))
    return 0
  },
}
