import { createHash } from 'node:crypto'
import { defineTestType } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, readRegularFile } from '../../walk/index.ts'

/** MD5 and SHA-1 of files: the independent `filehash_test`, deprecated in favour of `filehash58_test`. */
export const filehash = defineTestType({
  family: 'independent',
  name: 'filehash',
  description: 'The MD5 and SHA-1 hashes of files.',
  object: ['filepath', 'path', 'filename'],
  item: { filepath: 'string', path: 'string', filename: 'string', md5: 'string', sha1: 'string' },

  async collect(session, asked) {
    const walked = await findFiles(session, asked)
    const found = await Promise.all(
      walked.files.map(async (file) => {
        const bytes = await readRegularFile(session, fullPath(file))
        if (bytes === undefined) return []
        const [md5, sha1] = ['md5', 'sha1'].map((algorithm) => createHash(algorithm).update(bytes).digest('hex'))
        const { path, filename = '' } = file
        return [{ values: { filepath: fullPath(file), path, filename, ...(md5 && sha1 ? { md5, sha1 } : {}) } }]
      }),
    )
    return { ...cutShort(walked, asked.maxItems), found: found.flat() }
  },
})
