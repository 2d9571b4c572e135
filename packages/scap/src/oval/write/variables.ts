import type { XmlWriter } from '../../xml/write.ts'
import type { OvalContent } from '../model/content.ts'
import { OVAL_VARIABLES } from '../parse/namespaces.ts'
import { writeGenerator } from './generator.ts'
import type { Generator } from './generator.ts'

/** Writes values of external variables as an OVAL variables document; datatypes and comments are the content's. */
export function writeVariables(
  writer: XmlWriter,
  {
    content,
    values,
    generator,
  }: {
    readonly content: OvalContent
    readonly values: Readonly<Record<string, readonly string[]>>
    readonly generator: Generator
  },
): void {
  writer.open('oval_variables', { xmlns: OVAL_VARIABLES })
  writeGenerator(writer, generator)
  const given = Object.entries(values).filter(([, each]) => each.length > 0)
  if (given.length > 0) writer.open('variables')
  for (const [id, each] of given) {
    const variable = content.variables[id]
    writer.open('variable', { id, datatype: variable?.datatype ?? 'string', comment: variable?.comment ?? '' })
    for (const value of each) writer.element('value', {}, value)
    writer.close()
  }
  if (given.length > 0) writer.close()
  writer.close()
}
