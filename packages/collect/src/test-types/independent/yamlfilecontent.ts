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
  content: 'string',
  yamlpath: 'string',
  value: 'record',
} as const

/** Where YAML is: a file, or the very text (`content`, of the schemas since 5.11.3). */
interface Place {
  readonly name: string
  readonly values: Partial<Record<'content' | 'filename' | 'filepath' | 'path', string>>
  readonly read: () => Promise<readonly YamlDocument[]> | readonly YamlDocument[]
}

/** What a YAML path leads to in YAML and JSON files: the independent `yamlfilecontent_test`. */
export const yamlfilecontent = defineTestType({
  family: 'independent',
  name: 'yamlfilecontent',
  description: 'What YAML paths lead to in YAML and JSON files: records, whose field is `#` for what has no key.',
  object: ['filepath', 'path', 'filename', 'content', 'yamlpath'],
  item,

  async collect(session, asked) {
    const paths = asked.object.yamlpath.values.map((source) => ({ source, path: readPath(source) }))
    const walked = asked.has('content') ? noFiles : await findFiles(session, asked)
    const places = asked.has('content')
      ? asked.object.content.values.map(textPlace)
      : walked.files.map((file) => filePlace(session, file))
    const found: Found<typeof item>[] = []
    const messages: string[] = []
    for (const place of places) {
      for (const { source, path } of paths) {
        try {
          const value = recordsOf(selectYaml(await place.read(), path)).map((fields) => ({ fields }))
          if (value.length > 0) found.push({ values: { ...place.values, yamlpath: source, value } })
        } catch (error) {
          if (!(error instanceof Error) || error instanceof TransportError) throw error
          messages.push(`cannot follow ${source} in ${place.name} on ${session.asset}: ${error.message.trim()}`)
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

const noFiles = { files: [], isCut: false }

function textPlace(content: string): Place {
  return { name: 'its content', values: { content }, read: () => parseYaml(content) }
}

function filePlace(session: Session, file: FoundPath): Place {
  const name = fullPath(file)
  return {
    name,
    values: { filepath: name, path: file.path, filename: file.filename ?? '' },
    read: () => readDocuments(session, name),
  }
}

/** Read once for all that ask about the file; nothing for what is no regular file. */
function readDocuments(session: Session, path: string): Promise<readonly YamlDocument[]> {
  return session.once(`yaml ${path}`, async () => {
    const bytes = await readRegularFile(session, path)
    if (bytes === undefined && (await leadsNowhere(session, path))) throw new Error('it is a link that leads nowhere')
    return bytes === undefined ? [] : parseYaml(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  })
}
