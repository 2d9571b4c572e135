import { compilePattern, createPatience } from '@plumbline/scap'
import { defineTestType, type Found, type ObjectEntity } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, readRegularText, type FoundPath } from '../../walk/index.ts'

const item = {
  filepath: 'string',
  path: 'string',
  filename: 'string',
  pattern: 'string',
  instance: 'int',
  text: 'string',
  subexpression: 'string',
} as const

/** Parts of text files that match a pattern: the independent `textfilecontent54_test`. */
export const textfilecontent54 = defineTestType({
  family: 'independent',
  name: 'textfilecontent54',
  description: 'Parts of text files that match a pattern, with the groups of the pattern and the line they are on.',
  object: ['filepath', 'path', 'filename', 'pattern', 'instance'],
  item,

  async collect(session, asked) {
    const { behaviors, object } = asked
    const patterns = object.pattern.values.map((source) => ({
      source,
      // OVAL independent definitions schema, Textfilecontent54Behaviors: multiline is the default.
      pattern: compilePattern(source, {
        ignoreCase: behaviors['ignore_case'] === 'true',
        multiline: behaviors['multiline'] !== 'false',
        singleline: behaviors['singleline'] === 'true',
      }),
    }))
    const patience = createPatience()
    const walked = await findFiles(session, asked)
    const found = await Promise.all(
      walked.files.map(async (file) => {
        const text = await readRegularText(session, fullPath(file))
        if (text === undefined) return []
        return patterns.flatMap(({ source, pattern }) =>
          describe(
            file,
            source,
            patience.run(() => pattern.matchAll(text)),
            object.instance,
            text,
          ),
        )
      }),
    )
    return { ...cutShort(walked, asked.maxItems), found: found.flat() }
  },
})

interface Match {
  readonly start: number
  readonly groups: readonly (string | undefined)[]
}

function describe(
  file: FoundPath,
  source: string,
  matches: readonly Match[],
  instance: ObjectEntity,
  text: string,
): Found<typeof item>[] {
  const isWanted = instanceMatcher(instance, matches.length)
  return matches.flatMap(({ start, groups }, at) => {
    if (!isWanted(at + 1)) return []
    const [whole = '', ...inner] = groups
    return [
      {
        values: {
          filepath: fullPath(file),
          path: file.path,
          filename: file.filename ?? '',
          pattern: source,
          instance: BigInt(at + 1),
          text: whole,
          // A group that took no part is left out, and later ones move up, as the referee does.
          subexpression: inner.filter((group) => group !== undefined),
        },
        line: lineOf(text, start),
      },
    ]
  })
}

/**
 * OVAL independent definitions schema, instance: a negative value counts from the last match, and is compared with what
 * does so too.
 */
function instanceMatcher(instance: ObjectEntity, count: number): (at: number) => boolean {
  const { values, operation } = instance
  const fromBegin = (at: number): boolean => instance.matches(String(at))
  const fromEnd = (at: number): boolean => instance.matches(String(at - count - 1))
  const areNegative = values.map((value) => value.trim().startsWith('-'))
  if (!areNegative.includes(true)) return fromBegin
  if (areNegative.includes(false) && operation === 'equals') return (at) => fromBegin(at) || fromEnd(at)
  return fromEnd
}

function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
