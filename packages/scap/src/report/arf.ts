import type { SourceDocument } from '../bundle/source-document.ts'
import { decodeXml } from '../xml/decode.ts'
import { writeElement } from '../xml/write-element.ts'
import { XmlWriter, type XmlSink } from '../xml/write.ts'
import type { ReportInput } from './input.ts'
import { instancesByDocument, writeDocumentResultsElement } from './oval-results.ts'
import { addressesOf, writeTestResultElement, xccdf } from './test-result.ts'

const ns = {
  'xmlns:arf': 'http://scap.nist.gov/schema/asset-reporting-format/1.1',
  'xmlns:core': 'http://scap.nist.gov/schema/reporting-core/1.1',
  'xmlns:ai': 'http://scap.nist.gov/schema/asset-identification/1.1',
}
const vocabulary = 'http://scap.nist.gov/specifications/arf/vocabulary/relationships/1.0#'

/**
 * Asset Reporting Format 1.1 (NISTIR 7694): the asset, the content that was asked (where it is at hand), the TestResult
 * and the OVAL results of every document that decided something.
 */
export function writeArf(sink: XmlSink, input: ReportInput): void {
  const xml = new XmlWriter(sink)
  const { result, source } = input
  const documents = instancesByDocument(result.documents)
  const reportIds = new Map(
    documents.flatMap((instances, at) => instances.map(({ evaluation }) => [evaluation, `oval${at}`])),
  )
  xml.open('arf:asset-report-collection', ns)
  xml.open('core:relationships', { 'xmlns:arfvocab': vocabulary })
  if (source !== undefined) writeRelationship(xml, 'arfvocab:createdFor', 'xccdf1', 'collection1')
  // Of XCCDF results alone: oscap info takes any report about an asset for one, and does not survive it.
  writeRelationship(xml, 'arfvocab:isAbout', 'xccdf1', 'asset0')
  xml.close()
  if (source !== undefined) {
    xml.open('arf:report-requests').open('arf:report-request', { id: 'collection1' }).open('arf:content')
    writeSource(xml, source)
    xml.close().close().close()
  }
  writeAsset(xml, input)
  xml.open('arf:reports')
  xml.open('arf:report', { id: 'xccdf1' }).open('arf:content')
  writeTestResultElement(xml, input, {
    namespace: xccdf,
    ...(source?.href === undefined ? {} : { benchmarkHref: source.href }),
    checkHref: ({ evaluation, href }) => (reportIds.has(evaluation) ? `#${reportIds.get(evaluation)}` : href),
  })
  xml.close().close()
  for (const instances of documents) {
    xml.open('arf:report', { id: reportIds.get(instances[0].evaluation) }).open('arf:content')
    writeDocumentResultsElement(xml, input, instances)
    xml.close().close()
  }
  xml.close().close()
  xml.end()
}

/** As it came, where that is at hand: to write each element of it anew takes longer than all the rest of the report. */
function writeSource(xml: XmlWriter, { root, bytes }: SourceDocument): void {
  if (bytes === undefined) writeElement(xml, root)
  else xml.raw(withoutDeclaration(decodeXml(bytes, root.file)))
}

/** It may stand at the beginning alone. */
function* withoutDeclaration(pieces: Iterable<string>): Generator<string> {
  let isFirst = true
  for (const piece of pieces) {
    yield isFirst ? piece.replace(/^<\?xml[ \t\r\n][^>]*>\s*/, '') : piece
    isFirst = false
  }
}

function writeRelationship(xml: XmlWriter, type: string, subject: string, reference: string): void {
  xml.open('core:relationship', { type, subject }).element('core:ref', {}, reference).close()
}

/** Asset Identification 1.1 (NISTIR 7693), computing-device. */
function writeAsset(xml: XmlWriter, { run }: ReportInput): void {
  const { primaryHostName, interfaces } = run.target
  const macs = [...new Set(interfaces.map(({ macAddress }) => macAddress).filter((mac) => isMac.test(mac)))]
  const addresses = addressesOf(run)
  xml.open('arf:assets').open('arf:asset', { id: 'asset0' }).open('ai:computing-device')
  if (macs.length + addresses.length > 0) {
    xml.open('ai:connections')
    for (const address of addresses) {
      xml.open('ai:connection').open('ai:ip-address')
      if (address.includes(':')) xml.element('ai:ip-v6', {}, spellOut(address))
      else xml.element('ai:ip-v4', {}, address)
      xml.close().close()
    }
    for (const mac of macs) xml.open('ai:connection').element('ai:mac-address', {}, mac.toUpperCase()).close()
    xml.close()
  }
  if (isHostName.test(primaryHostName)) {
    xml.element('ai:fqdn', {}, primaryHostName)
    xml.element('ai:hostname', {}, primaryHostName)
  }
  xml.close().close().close()
}

const isMac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i
const isHostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/** The schema wants all eight groups of an IPv6 address. */
function spellOut(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0')
  return [...before, ...gap, ...after].map((group) => group.replace(/^0+(?=.)/, '')).join(':')
}
