import { statSync } from 'node:fs'
import { attribute, child, childrenNamed, childText, deepText, descendants, type XmlElement } from '@plumbline/scap'
import { Failure } from '../failure.ts'
import type { Operation } from './command-line.ts'
import { readDocument } from './document.ts'
import { printable } from '../output.ts'

export const info: Operation = {
  summary: 'Say what a file is and what is in it.',
  usage: 'info [--profile ID | --profiles] FILE',
  options: {
    profile: 'about one profile',
    'local-files': 'accepted; nothing that is said of a file needs content from elsewhere',
  },
  switches: { profiles: 'profiles as id:title', 'fetch-remote-resources': 'the same' },
  unsupported: ['references'],
  files: [1, 1],
  run(parameters) {
    const path = parameters.files[0] ?? ''
    const { root } = readDocument(path)
    const wanted = parameters.value('profile')
    const lines =
      parameters.has('profiles') && hasBenchmarks(root)
        ? profilesOf(root).map((one) => `${attribute(one, 'id') ?? ''}:${titleOf(one)}`)
        : describe(root, changedAt(path), path, wanted)
    process.stdout.write(lines.map((line) => `${line}\n`).join(''))
    return 0
  },
}

/** The `mtime` of Node is rounded, at times into the next second. */
const changedAt = (path: string): Date => new Date(Math.floor(statSync(path).mtimeMs))

/** Of other documents the referee tells all, whatever was asked. */
const hasBenchmarks = ({ name }: XmlElement): boolean => name === 'Benchmark' || name === 'data-stream-collection'

const kinds: Readonly<Record<string, string>> = {
  'data-stream-collection': 'Source Data Stream',
  'asset-report-collection': 'Result Data Stream',
  Benchmark: 'XCCDF Checklist',
  Tailoring: 'XCCDF Tailoring',
  oval_definitions: 'OVAL Definitions',
  oval_variables: 'OVAL Variables',
  oval_directives: 'OVAL Directives',
  oval_system_characteristics: 'OVAL System Characteristics',
  oval_results: 'OVAL Results',
  'cpe-list': 'CPE Dictionary',
  'platform-specification': 'CPE Language',
}

function describe(root: XmlElement, changed: Date, path: string, wanted: string | undefined): string[] {
  const kind = kinds[root.name]
  if (kind === undefined) throw new Failure(`Could not determine document type\nUnknown document type: '${path}'`)
  const imported = `Imported: ${localTime(changed)}`
  switch (root.name) {
    case 'data-stream-collection':
      return [
        `Document type: ${kind}`,
        imported,
        ...childrenNamed(root, 'data-stream').flatMap((one) => streamLines(root, one, wanted)),
      ]
    case 'asset-report-collection':
      return [`Document type: ${kind}`, imported, ...reportLines(root)]
    case 'Benchmark':
      return wanted === undefined
        ? [
            `Document type: ${kind}`,
            `Checklist version: ${root.namespace.endsWith('1.1') ? '1.1' : '1.2'}`,
            imported,
            ...benchmarkLines(root, ''),
          ]
        : [`Document type: ${kind}`, ...profileLines(root, wanted)]
    case 'Tailoring':
      return [
        `Document type: ${kind}`,
        imported,
        `Benchmark Hint: ${attribute(child(root, 'benchmark') ?? root, 'href') ?? '(null)'}`,
        'Profiles:',
        ...profileList(root, '\t'),
      ]
    case 'cpe-list': {
      const generator = child(root, 'generator')
      return [
        `Document type: ${kind}`,
        ...(generator === undefined
          ? []
          : [
              `CPE version: ${childText(generator, 'schema_version')}`,
              `Generated: ${childText(generator, 'timestamp')}`,
            ]),
        imported,
      ]
    }
    case 'platform-specification':
      return [`Document type: ${kind}`, imported]
    default: {
      const generator = child(root, 'generator')
      const text = (name: string): string => (generator === undefined ? '' : childText(generator, name))
      return [
        `Document type: ${kind}`,
        `OVAL version: ${text('schema_version')}`,
        `Generated: ${text('timestamp')}`,
        imported,
      ]
    }
  }
}

function streamLines(root: XmlElement, stream: XmlElement, wanted: string | undefined): string[] {
  const references = (name: string): XmlElement[] => childrenNamed(child(stream, name), 'component-ref')
  const lines = [
    '',
    `Stream: ${attribute(stream, 'id') ?? ''}`,
    `Generated: ${attribute(stream, 'timestamp') ?? '(null)'}`,
    `Version: ${attribute(stream, 'scap-version') ?? ''}`,
  ]
  const checklists = references('checklists').map((one) => [one, componentOf(root, one)] as const)
  if (wanted !== undefined) {
    return [...lines, ...checklists.flatMap(([, found]) => (found === undefined ? [] : profileLines(found, wanted)))]
  }
  const section = (heading: string, name: string): string[] => {
    const found = references(name)
    return found.length === 0 ? [] : [heading, ...found.map((one) => `\tRef-Id: ${attribute(one, 'id') ?? ''}`)]
  }
  return [
    ...lines,
    'Checklists:',
    ...checklists.flatMap(([reference, found]) => [
      `\tRef-Id: ${attribute(reference, 'id') ?? ''}`,
      ...(found === undefined ? [] : benchmarkLines(found, '\t\t')),
    ]),
    ...section('Checks:', 'checks'),
    ...section('Dictionaries:', 'dictionaries'),
  ]
}

function componentOf(root: XmlElement, reference: XmlElement): XmlElement | undefined {
  const href = reference.attributes.find(({ name }) => name === 'href')?.value.replace(/^#/, '')
  return root.children.find((one) => attribute(one, 'id') === href && one.name.endsWith('component'))?.children[0]
}

function benchmarkLines(benchmark: XmlElement, indent: string): string[] {
  const status = currentStatus(benchmark)
  const date = status === undefined ? undefined : attribute(status, 'date')
  const hrefs = new Map<string, string>()
  for (const check of descendants(benchmark)) {
    if (check.name !== 'check') continue
    for (const reference of childrenNamed(check, 'check-content-ref'))
      hrefs.set(attribute(reference, 'href') ?? '', attribute(check, 'system') ?? '')
  }
  return [
    ...(status === undefined ? [] : [`Status: ${status.text.trim()}`]),
    ...(date === undefined ? [] : [`Generated: ${date}`]),
    `Resolved: ${['1', 'true'].includes(attribute(benchmark, 'resolved') ?? '')}`,
    'Profiles:',
    ...profileList(benchmark, '\t'),
    'Referenced check files:',
    ...[...hrefs].flatMap(([href, system]) => [`\t${href}`, `\t\tsystem: ${system}`]),
    ...childrenNamed(benchmark, 'TestResult').flatMap((one) => [
      'Test Results:',
      ...resultLines(one).map((line) => `\t${line}`),
    ]),
  ].map((line) => indent + line)
}

const profileList = (parent: XmlElement, indent: string): string[] =>
  childrenNamed(parent, 'Profile').flatMap((one) => [
    `${indent}Title: ${titleOf(one)}`,
    `${indent}\tId: ${attribute(one, 'id') ?? ''}${['1', 'true'].includes(attribute(one, 'abstract') ?? '') ? ' (abstract)' : ''}`,
  ])

/** XCCDF 1.2, 6.2.8: of several the one with the latest date. */
const currentStatus = (benchmark: XmlElement): XmlElement | undefined =>
  childrenNamed(benchmark, 'status').reduce<XmlElement | undefined>((current, one) => {
    const [before, after] = [current, one].map((status) => status && attribute(status, 'date'))
    return before === undefined || after === undefined || after >= before ? one : current
  }, undefined)

/** As it is written in the document, in one line. */
const titleOf = (element: XmlElement): string => {
  const title = child(element, 'title')
  return title === undefined ? '(null)' : onOneLine(escapeText(deepText(title)), '')
}

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Tabs are told as they are. */
const onOneLine = (text: string, lineEnd: string): string =>
  text.replaceAll('\n', lineEnd).split('\t').map(printable).join('\t')

const profilesOf = (root: XmlElement): XmlElement[] => [...descendants(root)].filter(({ name }) => name === 'Profile')

function profileLines(benchmark: XmlElement, wanted: string): string[] {
  const found = childrenNamed(benchmark, 'Profile').filter((one) => (attribute(one, 'id') ?? '').endsWith(wanted))
  const [profile, second] = found
  if (profile === undefined) {
    // As the referee: no error, since another benchmark of the file may have it.
    process.stderr.write(`No profile matching suffix "${wanted}" was found.\n`)
    return []
  }
  if (second !== undefined) throw new Failure(`Multiple matches found for "${wanted}".`)
  const description = child(profile, 'description')
  return [
    'Profile',
    `\tTitle: ${titleOf(profile)}`,
    `\tId: ${attribute(profile, 'id') ?? ''}`,
    '',
    `\tDescription: ${description === undefined ? '(null)' : onOneLine(deepText(description), ' ')}`,
  ]
}

function resultLines(testResult: XmlElement): string[] {
  const platforms = childrenNamed(testResult, 'platform').map((one) => attribute(one, 'idref') ?? '')
  return [
    `Result ID: ${attribute(testResult, 'id') ?? ''}`,
    `Source benchmark: ${attribute(child(testResult, 'benchmark') ?? testResult, 'href') ?? ''}`,
    `Source profile: ${attribute(child(testResult, 'profile') ?? testResult, 'idref') ?? '(default)'}`,
    `Evaluation started: ${attribute(testResult, 'start-time') ?? ''}`,
    `Evaluation finished: ${attribute(testResult, 'end-time') ?? ''}`,
    'Platform CPEs:',
    ...(platforms.length === 0 ? ['(none)'] : platforms).map((platform) => `\t${platform}`),
  ]
}

function reportLines(root: XmlElement): string[] {
  const assets = [...descendants(root)].filter(({ name }) => name === 'asset')
  const results = [...descendants(root)].filter(({ name }) => name === 'TestResult')
  return assets.flatMap((asset) => [
    '',
    `Asset: ${attribute(asset, 'id') ?? ''}`,
    ...results.flatMap((one) => [
      '\tARF report: xccdf1',
      '\t\tReport request: collection1',
      ...resultLines(one).map((line) => `\t\t${line}`),
    ]),
  ])
}

/** As the referee prints it: local time without a zone. */
function localTime(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day}T${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}
