import {
  createEvaluation,
  DEFINITIONS_PREFIXES,
  mentionedBy,
  parseDirectives,
  parseOval,
  parseSystemCharacteristics,
  parseVariables,
  readOvalResults,
  readStreamChecks,
  sourceById,
  writeElement,
  writeOvalHtmlReport,
  writeOvalResults,
  writeSystemCharacteristics,
  XmlWriter,
  type Directives,
  type Evaluation,
  type OvalContent,
  type SystemInfo,
  type XmlElement,
} from '@plumbline/scap'
import { currentTime } from '../clock.ts'
import { Failure } from '../failure.ts'
import { readRemoteFiles } from '../remote-files.ts'
import { writeFile } from '../reports.ts'
import { version } from '../version.ts'
import { collectAsReferee } from './collecting.ts'
import { UsageError, type Operation, type Parameters } from './command-line.ts'
import { readDocument, readValidDocument } from './document.ts'
import { choosing, fetching } from './xccdf-content.ts'

const common = {
  options: { variables: 'values of external variables', id: 'only this definition, or object for collect' },
  switches: { 'skip-valid': 'do not validate', 'skip-validation': 'the same' },
} as const
const extent = { directives: 'an OVAL directives file: what of each result is written' }

export const ovalEval: Operation = {
  summary: 'Collect what OVAL definitions ask, and evaluate them.',
  usage: 'oval eval [options] DEFINITIONS',
  options: {
    ...common.options,
    ...extent,
    results: 'write OVAL results',
    report: 'write an HTML report',
    'datastream-id': 'the data stream of the collection',
    'oval-id': 'the component-ref of the definitions',
    'local-files': choosing['local-files'],
  },
  switches: { ...common.switches, ...fetching, 'without-syschar': 'results without what was collected' },
  files: [1, 1],
  async run(parameters) {
    const definitions = await readDefinitions(parameters)
    const { content, externalVariables, definitionIds } = definitions
    const collected = await collectAsReferee([{ content, definitionIds, externalVariables }])
    const evaluation = createEvaluation({
      content,
      externalVariables,
      source: { find: (digest) => collected.objects[digest] },
      now: currentTime(),
    })
    for (const id of definitionIds) process.stdout.write(`Definition ${id}: ${evaluation.result(id)}\n`)
    process.stdout.write('Evaluation done.\n')
    writeResults(parameters, definitions, evaluation, collected.systemInfo)
    writeReport(parameters, definitions, evaluation, collected.systemInfo)
    return 0
  },
}

export const ovalCollect: Operation = {
  summary: 'Collect what OVAL definitions ask into system characteristics.',
  usage: 'oval collect [--syschar FILE] DEFINITIONS',
  options: { ...common.options, syschar: 'write OVAL system characteristics' },
  switches: common.switches,
  files: [1, 1],
  async run(parameters) {
    const { content, externalVariables } = await readDefinitions(parameters, 'objects')
    const wanted = parameters.value('id')
    const definitionIds = Object.keys(content.definitions).filter(
      (id) => wanted === undefined || mentionedBy(content, [id]).objects.includes(wanted),
    )
    const collected = await collectAsReferee([{ content, definitionIds, externalVariables }])
    const evaluation = createEvaluation({
      content,
      externalVariables,
      source: { find: (digest) => collected.objects[digest] },
      now: currentTime(),
    })
    const objects = mentionedBy(content, definitionIds).objects.filter((id) => wanted === undefined || id === wanted)
    for (const id of objects) process.stdout.write(`Collected: "${id}" : ${evaluation.object(id).flag}\n`)
    const output = parameters.value('syschar')
    if (output !== undefined) {
      writeFile(output, (sink) => {
        const writer = new XmlWriter(sink)
        writeSystemCharacteristics(writer, {
          content,
          evaluation,
          systemInfo: collected.systemInfo,
          generator: generator(),
          definitionIds,
        })
        writer.end()
      })
    }
    return 0
  },
}

export const ovalAnalyse: Operation = {
  summary: 'Evaluate OVAL definitions on system characteristics that were collected before.',
  usage: 'oval analyse [options] --results FILE DEFINITIONS CHARACTERISTICS',
  options: { ...extent, variables: common.options.variables, results: 'write OVAL results' },
  switches: { ...common.switches, 'without-syschar': 'results without what was collected' },
  files: [1, 2],
  async run(parameters) {
    if (parameters.value('results') === undefined)
      throw new UsageError(
        `OVAL results file is not specified (--results)\nUsage: plumbline-oscap ${ovalAnalyse.usage}`,
      )
    const definitions = await readDefinitions(parameters)
    const [, characteristics] = parameters.files
    if (characteristics === undefined) throw new Failure('no system characteristics were named')
    const document = parseSystemCharacteristics(readDocument(characteristics).root)
    const { content, externalVariables } = definitions
    const evaluation = createEvaluation({
      content,
      externalVariables,
      source: sourceById(document),
      now: currentTime(),
    })
    writeResults(parameters, definitions, evaluation, document.systemInfo)
    return 0
  },
}

interface Definitions {
  readonly root: XmlElement
  readonly content: OvalContent
  readonly externalVariables: Readonly<Record<string, readonly string[]>>
  readonly definitionIds: readonly string[]
}

async function readDefinitions(
  parameters: Parameters,
  section: 'definitions' | 'objects' = 'definitions',
): Promise<Definitions> {
  const skip = parameters.has('skip-valid') || parameters.has('skip-validation')
  const document = readValidDocument(parameters.files[0] ?? '', ['oval_definitions', 'data-stream-collection'], skip)
  const root = document.root.name === 'oval_definitions' ? document.root : await ofStream(document.root, parameters)
  const content = parseOval(root)
  const id = parameters.value('id')
  if (id !== undefined && !Object.hasOwn(content[section], id))
    throw new Failure(`No ${section.slice(0, -1)} with ID: ${id} in definition model.`)
  const variables = parameters.value('variables')
  return {
    root,
    content,
    externalVariables: variables === undefined ? {} : parseVariables(readDocument(variables).root),
    definitionIds: id !== undefined && section === 'definitions' ? [id] : Object.keys(content.definitions),
  }
}

/** The named OVAL component of a data stream; as with the referee, the first of the first stream without names. */
async function ofStream(root: XmlElement, parameters: Parameters): Promise<XmlElement> {
  const [stream, id] = [parameters.value('datastream-id'), parameters.value('oval-id')]
  const elsewhere = await readRemoteFiles(root, {
    fetchRemoteResources: parameters.has('fetch-remote-resources'),
    localFiles: parameters.value('local-files'),
  })
  const all = readStreamChecks(root, elsewhere)
  const inStream = all.filter(({ streamId }) => streamId === (stream ?? all[0]?.streamId))
  const component = inStream.find(({ referenceId }) => id === undefined || referenceId === id)?.component
  if (component === undefined) {
    const ids = all.map(({ streamId, referenceId }) => `${referenceId} of ${streamId}`).join(', ')
    throw new Failure(`there is no such OVAL component in this data stream; there are ${ids}`)
  }
  if ('missing' in component) throw new Failure(component.missing)
  if (component.root.name !== 'oval_definitions')
    throw new Failure(`${id ?? 'the first component of the checks'} is no OVAL document`)
  return component.root
}

function writeResults(
  parameters: Parameters,
  { root, content, definitionIds }: Definitions,
  evaluation: Evaluation,
  systemInfo: SystemInfo,
): void {
  const output = parameters.value('results')
  if (output === undefined) return
  const directives = directivesOf(parameters)
  writeFile(output, (sink) => {
    const writer = new XmlWriter(sink)
    writeOvalResults(writer, {
      content,
      evaluation,
      systemInfo,
      definitionIds,
      generator: generator(),
      withoutCharacteristics: parameters.has('without-syschar'),
      ...(directives === undefined ? {} : { directives }),
      writeDefinitions: (inner) => writeElement(inner, root, { prefixes: DEFINITIONS_PREFIXES }),
    })
    writer.end()
  })
}

function directivesOf(parameters: Parameters): Directives | undefined {
  const path = parameters.value('directives')
  return path === undefined ? undefined : parseDirectives(readDocument(path).root)
}

function writeReport(
  parameters: Parameters,
  { root, content, definitionIds, externalVariables }: Definitions,
  evaluation: Evaluation,
  target: SystemInfo,
): void {
  const output = parameters.value('report')
  if (output === undefined) return
  const directives = directivesOf(parameters)
  const definitions = definitionIds
    .map((id) => ({ ...evaluation.definition(id), instance: '1' }))
    .filter(({ result }) => directives?.[result].reported !== false)
  const { productName, productVersion, timestamp } = generator()
  const document = {
    href: '',
    purpose: 'rules',
    content,
    definitionIds,
    variables: externalVariables,
    evaluation,
  } as const
  writeFile(output, (sink) =>
    writeOvalHtmlReport(sink, {
      definitions,
      documents: new Map([['1', document]]),
      source: root,
      target,
      evaluatedAt: timestamp,
      scanner: { name: productName, version: productVersion },
    }),
  )
}

export const ovalGenerateReport: Operation = {
  summary: 'Write the HTML report of OVAL results.',
  usage: 'oval generate report [--output FILE] RESULTS',
  options: { output: 'where to write it; standard output without' },
  files: [1, 1],
  run(parameters) {
    const input = readOvalResults(readDocument(parameters.files[0] ?? '').root)
    writeFile(parameters.value('output') ?? '-', (sink) => writeOvalHtmlReport(sink, input))
    return 0
  },
}

const generator = () => ({
  productName: 'cpe:/a:plumbline:plumbline',
  productVersion: version,
  timestamp: currentTime().toISOString(),
})
