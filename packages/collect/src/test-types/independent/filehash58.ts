import { hashesOf } from '../file-hashes.ts'
import type { HashAlgorithm } from '../../platform/file-hashes.ts'
import { defineTestType } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, leadsNowhere } from '../../walk/index.ts'

/** OVAL independent schema, EntityObjectHashTypeType, with our names of the algorithms. */
const algorithms: readonly (readonly [name: string, algorithm: HashAlgorithm])[] = [
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-224', 'sha224'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]

/** Hashes of files: the independent `filehash58_test`. */
export const filehash58 = defineTestType({
  family: 'independent',
  name: 'filehash58',
  description: 'Hashes of files, by the kinds of hash that are asked for.',
  object: ['filepath', 'path', 'filename', 'hash_type'],
  item: { filepath: 'string', path: 'string', filename: 'string', hash_type: 'string', hash: 'string' },

  async collect(session, asked) {
    const wanted = algorithms.filter(([name]) => asked.object.hash_type.matches(name))
    const walked = await findFiles(session, asked)
    const found = await Promise.all(
      walked.files.map(async (file) => {
        const { path, filename = '' } = file
        const filepath = fullPath(file)
        const hashes = await hashesOf(
          session,
          filepath,
          wanted.map(([, algorithm]) => algorithm),
        )
        if (hashes === undefined && !(await leadsNowhere(session, filepath))) return []
        return wanted.map(([name], at) => {
          const named = { filepath, path, filename, hash_type: name }
          if (hashes === undefined) {
            return { values: named, error: `${filepath} on ${session.asset} is a link that leads nowhere` }
          }
          return { values: { ...named, ...(hashes[at] === undefined ? {} : { hash: hashes[at] }) } }
        })
      }),
    )
    return { ...cutShort(walked, asked.maxItems), found: found.flat() }
  },
})
