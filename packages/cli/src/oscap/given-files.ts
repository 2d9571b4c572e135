import { basename, dirname, join, resolve } from 'node:path'
import { attribute, descendants, type FindFile } from '@plumbline/scap'
import { Failure } from '../failure.ts'
import { readValidDocument, type InputDocument } from './document.ts'

/**
 * OVAL files that are named after the input take the place of those beside it, by their name or by the path that checks
 * refer to; a check that refers to none of them is not checked, as with the referee.
 */
export function withGivenFiles(input: InputDocument, paths: readonly string[], skipValidation: boolean): FindFile {
  if (paths.length === 0) return input.find
  if (input.root.name !== 'Benchmark')
    throw new Failure(`OVAL files beside a data stream are not supported: ${paths.join(', ')}`)
  const given = paths.map((path) => readValidDocument(path, ['oval_definitions'], skipValidation))
  const ofChecks = new Set(
    [...descendants(input.root)]
      .filter(({ name }) => name === 'check-content-ref')
      .map((reference) => attribute(reference, 'href') ?? ''),
  )
  return (name) => {
    if (!ofChecks.has(name)) return input.find(name)
    const place = resolve(join(dirname(input.path), name))
    const found = given.find(({ path }) => resolve(path) === place) ?? given.find(({ path }) => basename(path) === name)
    return found === undefined ? undefined : { name, data: found.data }
  }
}
