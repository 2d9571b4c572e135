import { readExtendedAttributes } from '../../platform/extended-attributes.ts'
import { inCommands } from '../../platform/in-commands.ts'
import type { ExtendedAttribute } from '../../parsers/getfattr.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Found } from '../../test-type.ts'
import { cutShort, findFiles, fullPath } from '../../walk/index.ts'

const item = {
  filepath: 'string',
  path: 'string',
  filename: 'string',
  attribute_name: 'string',
  value: 'string',
} as const

/** Extended attributes of files, which hold capabilities, labels and lists: the unix `fileextendedattribute_test`. */
export const fileextendedattribute = defineTestType({
  family: 'unix',
  name: 'fileextendedattribute',
  description: 'Extended attributes of files and directories, as getfattr(1) tells them.',
  object: ['filepath', 'path', 'filename', 'attribute_name'],
  item,

  async collect(session, asked) {
    const walked = await findFiles(session, asked)
    const byPath = await readAttributes(session, walked.files.map(fullPath))
    const found = walked.files.flatMap((file): Found<typeof item>[] =>
      (byPath.get(fullPath(file)) ?? [])
        .filter(({ name }) => asked.object.attribute_name.matches(name))
        .map(({ name, value }) => ({
          values: {
            ...(file.filename === undefined
              ? { path: file.path, filename: '' }
              : { filepath: fullPath(file), path: file.path, filename: file.filename }),
            attribute_name: name,
            value: asText(value),
          },
        })),
    )
    return { ...cutShort(walked, asked.maxItems), found }
  },
})

async function readAttributes(
  session: Session,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly ExtendedAttribute[]>> {
  const found = new Map<string, readonly ExtendedAttribute[]>()
  await inCommands(session, paths, async (part) => {
    for (const [path, attributes] of await readExtendedAttributes(session, part, '-')) found.set(path, attributes)
  })
  return found
}

/** Text as it is, without the NUL that ends labels; anything else in hexadecimal, as getfattr(1) writes it. */
function asText(value: Uint8Array): string {
  const bytes = value.at(-1) === 0 ? value.subarray(0, -1) : value
  try {
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // It is no text.
  }
  return `0x${Buffer.from(value).toString('hex')}`
}
