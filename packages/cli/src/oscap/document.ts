import { basename, dirname, resolve } from 'node:path'
import { readFileSync } from 'node:fs'
import { expand, readXml, type FindFile, type XmlElement } from '@plumbline/scap'
import { readBytes } from '../content-file.ts'
import { Failure } from '../failure.ts'
import { validateBySchema } from './schema-validation.ts'

/** A file that was named on the command line, read. */
export interface InputDocument {
  readonly path: string
  readonly name: string
  readonly data: Uint8Array
  readonly root: XmlElement
  readonly find: FindFile
}

export function readDocument(path: string): InputDocument {
  const name = basename(path)
  const data = expand(readBytes(path), name)
  return {
    path,
    name,
    data,
    root: readXml(data, name),
    find(beside) {
      try {
        return { name: beside, data: readFileSync(resolve(dirname(path), beside)) }
      } catch {
        return undefined
      }
    },
  }
}

/** The same, refused when it is not of one of these kinds, or not valid by its schema (unless that is skipped). */
export function readValidDocument(path: string, kinds: readonly string[], skipValidation: boolean): InputDocument {
  const document = readDocument(path)
  if (!kinds.includes(document.root.name))
    throw new Failure(`Unknown document type: '${path}' is <${document.root.name}>`)
  if (skipValidation) return document
  const validity = validateBySchema(document.root, document.data, path)
  if (validity.kind !== 'invalid') return document
  throw new Failure(`${validity.complaints.join('\n')}\nInvalid ${document.root.name} content in ${path}.`)
}
