import { join } from 'node:path'
import { evaluateBenchmark, writeVariables, writeXml, type BenchmarkResult } from '@plumbline/scap'
import { currentTime } from '../clock.ts'
import { writeFile } from '../reports.ts'
import { version } from '../version.ts'
import type { Operation } from './command-line.ts'
import { chooseContent, choosing, fetching } from './xccdf-content.ts'

export const exportOvalVariables: Operation = {
  summary: 'Write the values that a profile gives to OVAL definitions, a file for each document.',
  usage: 'xccdf export-oval-variables [options] INPUT_FILE [OVAL_FILES]',
  options: choosing,
  switches: { 'skip-valid': 'do not validate the content', 'skip-validation': 'the same', ...fetching },
  files: [1, Infinity],
  async run(parameters) {
    const { content, profile } = await chooseContent(parameters)
    // Which values count does not depend on what is found anywhere.
    const nothing = { systemInfo: emptySystem, objects: {} }
    const now = currentTime()
    exportVariables(evaluateBenchmark(content, profile, nothing, { now }), now)
    return 0
  },
}

const emptySystem = { osName: '', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] }

/** Named as the referee does: document, session, variables, instance. */
export function exportVariables({ documents }: BenchmarkResult, now: Date): void {
  const generator = {
    productName: 'cpe:/a:plumbline:plumbline',
    productVersion: version,
    timestamp: now.toISOString(),
  }
  const counts = new Map<string, number>()
  for (const { href, content, variables, purpose } of documents) {
    if (purpose !== 'rules' || Object.keys(variables).length === 0) continue
    const number = counts.get(href) ?? 0
    counts.set(href, number + 1)
    const name = `${href.replace(/[^\w.-]/g, '_')}-0.variables-${number}.xml`
    writeFile(join('.', name), (sink) =>
      sink(writeXml((writer) => writeVariables(writer, { content, values: variables, generator }))),
    )
  }
}
