import { TransportError } from '../../errors.ts'
import { parseYamlPath, selectYaml, type YamlPath } from '../../parsers/yaml-path.ts'
import { recordsOf } from '../../parsers/yaml-record.ts'
import { parseYaml, type YamlDocument } from '../../parsers/yaml.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Found } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, leadsNowhere, readRegularFile, type FoundPath } from '../../walk/index.ts'

const item = {
  filepath: 'string',
  path: 'string',
  filename: 'string',
  yamlpath: 'string',
  value: 'record',
} as const

/** What a YAML path leads to in YAML and JSON files: the independent `yamlfilecontent_test`. */
export const yamlfilecontent = defineTestType({
  family: 'independent',
  name: 'yamlfilecontent',
  description: 'What YAML paths lead to in YAML and JSON files: records, whose field is `#` for what has no key.',
  object: ['filepath', 'path', 'filename', 'yamlpath'],
  item,

  async collect(session, asked) {
    const paths = asked.object.yamlpath.values.map((source) => ({ source, path: readPath(source) }))
    const walked = await findFiles(session, asked)
    const found: Found<typeof item>[] = []
    const messages: string[] = []
    for (const file of walked.files) {
      for (const { source, path } of paths) {
        try {
          found.push(...(await select(session, file, source, path)))
        } catch (error) {
          if (!(error instanceof Error) || error instanceof TransportError) throw error
          messages.push(`cannot follow ${source} in ${fullPath(file)} on ${session.asset}: ${error.message.trim()}`)
        }
      }
    }
    // What one file lacks does not make what others have disappear.
    if (messages.length > 0) return { flag: 'error', messages, found }
    return { ...cutShort(walked, asked.maxItems), found }
  },
})

function readPath(source: string): YamlPath {
  try {
    return parseYamlPath(source)
  } catch (error) {
    throw new Error(`${source} is no YAML path: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

async function select(
  session: Session,
  file: FoundPath,
  source: string,
  path: YamlPath,
): Promise<Found<typeof item>[]> {
  const documents = await readDocuments(session, fullPath(file))
  const value = recordsOf(selectYaml(documents, path)).map((fields) => ({ fields }))
  if (value.length === 0) return []
  return [
    { values: { filepath: fullPath(file), path: file.path, filename: file.filename ?? '', yamlpath: source, value } },
  ]
}

/** Read once for all that ask about the file; nothing for what is no regular file. */
function readDocuments(session: Session, path: string): Promise<readonly YamlDocument[]> {
  return session.once(`yaml ${path}`, async () => {
    const bytes = await readRegularFile(session, path)
    if (bytes === undefined && (await leadsNowhere(session, path))) throw new Error('it is a link that leads nowhere')
    return bytes === undefined ? [] : parseYaml(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  })
}
