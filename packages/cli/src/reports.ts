import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import {
  csvReport,
  jsonReport,
  ohdfReport,
  instancesByDocument,
  resultFileNames,
  writeArf,
  writeDocumentResults,
  writeHtmlReport,
  writeJunit,
  writeXccdfResults,
  type ReportInput,
  type XmlSink,
} from '@plumbline/scap'
import { Failure } from './failure.ts'

/** Files to write a result to, one for each form; `-` is standard output. */
export interface ReportFiles {
  readonly results?: string
  readonly arf?: string
  readonly ovalResults?: string
  readonly html?: string
  readonly json?: string
  readonly csv?: string
  readonly junit?: string
  readonly ohdf?: string
}

export function withReports(command: Command): Command {
  return command
    .option('--results <file>', 'write XCCDF results (the benchmark with its TestResult)')
    .option('--arf <file>', 'write an asset report (ARF 1.1): content, XCCDF and OVAL results')
    .option('--oval-results <folder>', 'write the OVAL results of each document there')
    .option('--html <file>', 'write a report to read and print, one page without anything from elsewhere')
    .option('--json <file>', 'write the result as JSON, with all that each verdict rests on')
    .option('--csv <file>', 'write a line per rule')
    .option('--junit <file>', 'write JUnit XML, for build servers')
    .option('--ohdf <file>', 'write OHDF JSON, for Heimdall and its family')
}

/** Whether any of the reports quotes the content as it was written. */
export const needsSource = ({ results, arf, ovalResults, html }: ReportFiles): boolean =>
  [results, arf, ovalResults, html].some((file) => file !== undefined)

/** Whether standard output is taken by a report. */
export const usesStandardOutput = (files: ReportFiles): boolean =>
  [files.results, files.arf, files.html, files.json, files.csv, files.junit, files.ohdf].includes('-')

/** Writes every report that is asked for. */
export function writeReports(files: ReportFiles, input: ReportInput): void {
  const writers: readonly (readonly [string | undefined, (sink: XmlSink) => void])[] = [
    [files.results, (sink) => writeXccdfResults(sink, input)],
    [files.arf, (sink) => writeArf(sink, input)],
    [files.html, (sink) => writeHtmlReport(sink, input)],
    [files.json, (sink) => sink(`${JSON.stringify(jsonReport(input), null, 2)}\n`)],
    [files.csv, (sink) => sink(csvReport(input))],
    [files.junit, (sink) => writeJunit(sink, input)],
    [files.ohdf, (sink) => sink(`${JSON.stringify(ohdfReport(input), null, 2)}\n`)],
  ]
  for (const [path, write] of writers) if (path !== undefined) writeFile(path, write)
  if (files.ovalResults !== undefined) writeOvalResultFiles(files.ovalResults, input)
}

/** The OVAL results of each document that was evaluated, one file each, with all its instances. */
export function writeOvalResultFiles(folder: string, input: ReportInput): string[] {
  mkdirSync(folder, { recursive: true })
  return [...resultFileNames(instancesByDocument(input.result.documents))].map(([instances, name]) => {
    writeFile(join(folder, name), (sink) => writeDocumentResults(sink, input, instances))
    return name
  })
}

/** Piece by piece: the document is never in memory as a whole. */
export function writeFile(path: string, write: (sink: XmlSink) => void): void {
  let file: number
  try {
    file = path === '-' ? 1 : openSync(path, 'w')
  } catch (error) {
    throw new Failure(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  try {
    write((chunk) => writeAll(file, Buffer.from(chunk)))
  } finally {
    if (file !== 1) closeSync(file)
  }
}

/** A pipe takes what it has room for, and says so by an error when it has none. */
function writeAll(file: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(file, bytes, done)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
