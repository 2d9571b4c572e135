import type { Operation } from './command-line.ts'
import { readDocument } from './document.ts'
import { validateBySchema } from './schema-validation.ts'

/** Exit status as the referee's: 0 valid, 2 not valid (of data streams 1), 1 could not be told. */
function validateOperation(command: string, what: string): Operation {
  return {
    summary: `Hold ${what} against its XML schema, with libxml2 and the schemas of openscap-common.`,
    usage: `${command} FILE`,
    switches: {
      'skip-schematron': 'only the XML schema, which is all that is looked at',
      definitions: 'accepted; what the document is, it says itself',
      variables: 'the same',
      syschar: 'the same',
      results: 'the same',
      directives: 'the same',
      'skip-valid': 'accepted, and validated all the same',
      'skip-validation': 'the same',
    },
    unsupported: ['schematron'],
    files: [1, 1],
    ...(command === 'ds sds-validate' ? { refusesMore: true as const } : {}),
    run(parameters) {
      const path = parameters.files[0] ?? ''
      const { root, data } = readDocument(path)
      if (!kinds.includes(root.name)) {
        process.stderr.write(`Unknown document type: '${path}' is <${root.name}>\n`)
        return 1
      }
      const validity = validateBySchema(root, data, path)
      if (validity.kind === 'unchecked') {
        process.stderr.write(`plumbline-oscap: cannot validate ${path}: ${validity.reason}\n`)
        return 1
      }
      if (validity.kind === 'invalid') {
        process.stderr.write(`${validity.complaints.join('\n')}\nInvalid ${root.name} content in ${path}.\n`)
        return command.startsWith('ds ') ? 1 : 2
      }
      // Of data streams the referee looks at the schema alone too.
      if (!parameters.has('skip-schematron') && !command.startsWith('ds '))
        process.stderr.write('plumbline-oscap: valid by XML schema; Schematron rules were not looked at\n')
      return 0
    },
  }
}

/** As the referee: a document is held against the schema of what it is, whatever operation was named. */
const kinds = [
  'Benchmark',
  'Tailoring',
  'TestResult',
  'data-stream-collection',
  'asset-report-collection',
  'cpe-list',
  'oval_definitions',
  'oval_system_characteristics',
  'oval_results',
  'oval_variables',
  'oval_directives',
]

export const xccdfValidate = validateOperation('xccdf validate', 'a benchmark or a tailoring')
export const ovalValidate = validateOperation('oval validate', 'an OVAL document')
export const sourceStreamValidate = validateOperation('ds sds-validate', 'a source data stream')
export const resultStreamValidate = validateOperation('ds rds-validate', 'an asset report')
