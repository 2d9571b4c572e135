import { defineTestType } from '../../test-type.ts'

/**
 * Symbolic links and what they come down to: the unix `symlink_test`. OVAL unix definitions schema, symlink_object: it is an
 * error if the target does not exist or the link is a circular one; its filepath has no operation but `equals`.
 */
export const symlink = defineTestType({
  family: 'unix',
  name: 'symlink',
  description: 'Symbolic links with the canonical path of what they point at.',
  object: ['filepath'],
  item: { filepath: 'string', canonical_path: 'string' },

  async collect(session, { object }) {
    const { operation, values } = object.filepath
    if (operation !== 'equals') throw new Error('the filepath of a symlink object has no operation but equals')
    const items = await Promise.all(
      values.map(async (filepath) => {
        const status = await session.status(filepath)
        if (status?.kind !== 'symbolic link') return undefined
        const target = await session.canonicalPath(filepath)
        if (target === undefined) throw new Error(`what the symbolic link ${filepath} leads to does not exist`)
        return { values: { filepath, canonical_path: target } }
      }),
    )
    return { found: items.filter((one) => one !== undefined) }
  },
})
