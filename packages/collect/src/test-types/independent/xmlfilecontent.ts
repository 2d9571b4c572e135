import { TransportError } from '../../errors.ts'
import { evaluateXPath } from '../../parsers/xpath.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Found } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, leadsNowhere, readRegularFile, type FoundPath } from '../../walk/index.ts'

const item = {
  filepath: 'string',
  path: 'string',
  filename: 'string',
  xpath: 'string',
  value_of: 'string',
} as const

/** What an XPath expression finds in XML files: the independent `xmlfilecontent_test`. */
export const xmlfilecontent = defineTestType({
  family: 'independent',
  name: 'xmlfilecontent',
  description: 'What XPath expressions find in XML files.',
  object: ['filepath', 'path', 'filename', 'xpath'],
  item,

  async collect(session, asked) {
    const walked = await findFiles(session, asked)
    const found: Found<typeof item>[] = []
    const messages: string[] = []
    for (const file of walked.files) {
      for (const xpath of asked.object.xpath.values) {
        try {
          found.push(...(await evaluate(session, file, xpath)))
        } catch (error) {
          if (!(error instanceof Error) || error instanceof TransportError) throw error
          messages.push(`cannot evaluate ${xpath} in ${fullPath(file)} on ${session.asset}: ${error.message.trim()}`)
        }
      }
    }
    // What one file lacks does not make what others have disappear.
    if (messages.length > 0) return { flag: 'error', messages, found }
    return { ...cutShort(walked, asked.maxItems), found }
  },
})

async function evaluate(session: Session, file: FoundPath, xpath: string): Promise<Found<typeof item>[]> {
  const bytes = await readRegularFile(session, fullPath(file))
  if (bytes === undefined) {
    if (await leadsNowhere(session, fullPath(file))) throw new Error('it is a link that leads nowhere')
    return []
  }
  const result = await evaluateXPath(bytes, xpath)
  if (result.kind === 'nodes' && !result.found) return []
  const value = result.kind === 'nodes' ? result.values : [result.value]
  return [
    {
      values: {
        filepath: fullPath(file),
        path: file.path,
        filename: file.filename ?? '',
        xpath,
        ...(value.length === 0 ? {} : { value_of: value }),
      },
    },
  ]
}
