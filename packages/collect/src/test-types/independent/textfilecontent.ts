import { compilePattern, createPatience, type Pattern } from '@plumbline/scap'
import { defineTestType, type Found } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, readRegularText, type FoundPath } from '../../walk/index.ts'

const item = {
  filepath: 'string',
  path: 'string',
  filename: 'string',
  pattern: 'string',
  instance: 'int',
  line: 'string',
  text: 'string',
  subexpression: 'string',
} as const

/** Lines of text files that match a pattern: the independent `textfilecontent_test`, which version 5.4 replaced. */
export const textfilecontent = defineTestType({
  family: 'independent',
  name: 'textfilecontent',
  description: 'Lines of text files that match a pattern; deprecated in favour of textfilecontent54.',
  object: ['filepath', 'path', 'filename', 'line'],
  item,

  async collect(session, asked) {
    // OVAL independent definitions schema, textfilecontent_object: a line is always told by a pattern.
    const patterns = asked.object.line.values.map((source) => ({ source, pattern: compilePattern(source) }))
    const patience = createPatience()
    const walked = await findFiles(session, asked)
    const found = await Promise.all(
      walked.files.map(async (file) => {
        const text = await readRegularText(session, fullPath(file))
        if (text === undefined) return []
        return patience.run(() => patterns.flatMap(({ source, pattern }) => matchLines(file, source, pattern, text)))
      }),
    )
    return { ...cutShort(walked, asked.maxItems), found: found.flat() }
  },
})

function matchLines(file: FoundPath, source: string, pattern: Pattern, text: string): Found<typeof item>[] {
  const found: Found<typeof item>[] = []
  // A line keeps its end: `$` stands before it.
  for (const [at, line] of (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).entries()) {
    const [match] = pattern.matchAll(line)
    if (match === undefined) continue
    const [whole = '', ...inner] = match.groups
    found.push({
      values: {
        filepath: fullPath(file),
        path: file.path,
        filename: file.filename ?? '',
        pattern: source,
        instance: BigInt(found.length + 1),
        // The referee tells the pattern here too.
        line: source,
        text: whole,
        subexpression: inner.filter((group) => group !== undefined),
      },
      line: at + 1,
    })
  }
  return found
}
