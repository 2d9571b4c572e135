import type { XmlWriter } from '../../xml/write.ts'
import { OVAL_COMMON } from '../parse/namespaces.ts'

/** Who wrote a document, and when (OVAL common schema, GeneratorType). */
export interface Generator {
  readonly productName: string
  readonly productVersion: string
  /** ISO 8601. */
  readonly timestamp: string
}

/** What we write is of this version of the schemas. */
const SCHEMA_VERSION = '5.11.2'

export function writeGenerator(writer: XmlWriter, { productName, productVersion, timestamp }: Generator): void {
  writer
    .open('generator', { 'xmlns:oval': OVAL_COMMON })
    .element('oval:product_name', {}, productName)
    .element('oval:product_version', {}, productVersion)
    .element('oval:schema_version', {}, SCHEMA_VERSION)
    .element('oval:timestamp', {}, timestamp)
    .close()
}
