import { defineTestType } from '../../test-type.ts'

/** Symbolic links and what they come down to: the unix `symlink_test`. */
export const symlink = defineTestType({
  family: 'unix',
  name: 'symlink',
  description: 'Symbolic links with the canonical path of what they point at.',
  object: ['filepath'],
  item: { filepath: 'string', canonical_path: 'string' },

  async collect(session, { object }) {
    const paths = object.filepath.literals ?? []
    const items = await Promise.all(
      paths.map(async (filepath) => {
        const status = await session.status(filepath)
        if (status?.kind !== 'symbolic link') return undefined
        const target = await session.canonicalPath(filepath)
        return { values: { filepath, canonical_path: target ?? ({ status: 'does not exist' } as const) } }
      }),
    )
    return { found: items.filter((one) => one !== undefined) }
  },
})
