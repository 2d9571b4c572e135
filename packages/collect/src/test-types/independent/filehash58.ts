import { createHash } from 'node:crypto'
import { defineTestType } from '../../test-type.ts'
import { cutShort, findFiles, fullPath, leadsNowhere, readRegularFile } from '../../walk/index.ts'

/** OVAL independent schema, EntityObjectHashTypeType, with the names of Node's algorithms. */
const algorithms: readonly (readonly [name: string, algorithm: string])[] = [
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
        const bytes = await readRegularFile(session, filepath)
        if (bytes === undefined && !(await leadsNowhere(session, filepath))) return []
        return wanted.map(([name, algorithm]) => {
          const named = { filepath, path, filename, hash_type: name }
          if (bytes === undefined) {
            return { values: named, error: `${filepath} on ${session.asset} is a link that leads nowhere` }
          }
          return { values: { ...named, hash: createHash(algorithm).update(bytes).digest('hex') } }
        })
      }),
    )
    return { ...cutShort(walked, asked.maxItems), found: found.flat() }
  },
})
