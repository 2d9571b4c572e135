import { hashesOf } from '../file-hashes.ts'
import { defineTestType } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, leadsNowhere } from '../../walk/index.ts'

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
        const { path, filename = '' } = file
        const filepath = fullPath(file)
        const hashes = await hashesOf(session, filepath, ['md5', 'sha1'])
        if (hashes === undefined) {
          const error = `${filepath} on ${session.asset} is a link that leads nowhere`
          return (await leadsNowhere(session, filepath)) ? [{ values: { filepath, path, filename }, error }] : []
        }
        const [md5, sha1] = hashes
        return [{ values: { filepath, path, filename, ...(md5 && sha1 ? { md5, sha1 } : {}) } }]
      }),
    )
    return { ...cutShort(walked, asked.maxItems), found: found.flat() }
  },
})
