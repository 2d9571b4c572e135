import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ParseOption, XmlDocument, XmlLibError, XsdValidator } from 'libxml2-wasm'
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs'
import { attribute, child, childText, type XmlElement } from '@plumbline/scap'

const schemaFolder = '/usr/share/openscap/schemas'

export type Validity =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly complaints: readonly string[] }
  /** The schemas are not installed, or have none for this kind of document. */
  | { readonly kind: 'unchecked'; readonly reason: string }

/** Holds a document against the schema of its kind and version, by libxml2, with what openscap-common installs. */
export function validateBySchema(root: XmlElement, data: Uint8Array, file: string): Validity {
  const schema = schemaFor(root)
  if (schema === undefined) return { kind: 'unchecked', reason: `there is no schema for <${root.name}>` }
  const path = join(schemaFolder, schema)
  if (!existsSync(path)) return { kind: 'unchecked', reason: `${path} is not there (Debian: openscap-common)` }
  xmlRegisterFsInputProviders()
  // The document itself may load nothing; our own reader has already refused document types.
  using document = XmlDocument.fromBuffer(data, {
    option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_HUGE,
    url: file,
  })
  using schemaDocument = XmlDocument.fromBuffer(readFileSync(path), { url: path })
  using validator = XsdValidator.fromDoc(schemaDocument)
  try {
    validator.validate(document)
    return { kind: 'valid' }
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error
    const complaints = error.details.map(({ line, message }) => `File '${file}' line ${line}: ${message.trim()}`)
    return { kind: 'invalid', complaints }
  }
}

function schemaFor(root: XmlElement): string | undefined {
  switch (root.name) {
    case 'Benchmark':
    case 'TestResult':
    case 'Tailoring':
      return root.namespace.endsWith('/1.1') ? 'xccdf/1.1/xccdf-schema.xsd' : 'xccdf/1.2/xccdf_1.2.xsd'
    case 'data-stream-collection':
      return sourceStreamSchema(root)
    case 'asset-report-collection':
      return 'arf/1.1/asset-reporting-format_1.1.0.xsd'
    case 'cpe-list':
      return 'cpe/2.3/cpe-dictionary_2.3.xsd'
    case 'oval_definitions':
      return `oval/${ovalVersion(root)}/oval-definitions-schema.xsd`
    case 'oval_system_characteristics':
      return `oval/${ovalVersion(root)}/oval-system-characteristics-schema.xsd`
    case 'oval_results':
      return `oval/${ovalVersion(root)}/oval-results-schema.xsd`
    case 'oval_variables':
      return `oval/${ovalVersion(root)}/oval-variables-schema.xsd`
    case 'oval_directives':
      return `oval/${ovalVersion(root)}/oval-directives-schema.xsd`
    default:
      return undefined
  }
}

function sourceStreamSchema(root: XmlElement): string {
  const stream = child(root, 'data-stream')
  const version = stream === undefined ? '' : (attribute(stream, 'scap-version') ?? '')
  const known = version === '1.3' ? '1.3' : '1.2'
  return `sds/${known}/scap-source-data-stream_${known}.xsd`
}

/** The version that a document says it is of; the newest where it says none that is installed. */
function ovalVersion(root: XmlElement): string {
  const generator = child(root, 'generator')
  const [version = ''] = (generator === undefined ? '' : childText(generator, 'schema_version')).split(':')
  return /^5(\.\d+){1,2}$/.test(version) && existsSync(join(schemaFolder, 'oval', version)) ? version : '5.11.3'
}
