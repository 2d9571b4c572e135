import { basename, dirname, join, resolve } from 'node:path'
import { attribute, descendants, parseOval } from '@plumbline/scap'
import type { BenchmarkContent, FindFile, SourceDocument, XmlElement } from '@plumbline/scap'
import { readValidDocument, type InputDocument } from './document.ts'

/** OVAL files that are named after the input take the place of those that its checks refer to, as with the referee. */
export interface GivenFiles {
  /** Those of a benchmark: by the path that checks refer to, or by their name. */
  readonly find: FindFile
  /** Those of a data stream: by their name. A check that refers to none of them is not checked. */
  readonly replace: (
    content: BenchmarkContent,
    source: SourceDocument,
  ) => { readonly content: BenchmarkContent; readonly source: SourceDocument }
}

export function readGivenFiles(input: InputDocument, paths: readonly string[], skipValidation: boolean): GivenFiles {
  if (paths.length === 0) return { find: input.find, replace: (content, source) => ({ content, source }) }
  const given = paths.map((path) => readValidDocument(path, ['oval_definitions'], skipValidation))
  const named = (name: string) => given.find(({ path }) => basename(path) === name)
  if (input.root.name !== 'Benchmark') {
    const roots = new Map(given.map(({ path, root }) => [basename(path), root]))
    return { find: input.find, replace: (content, source) => replaceComponents(content, source, roots) }
  }
  const ofChecks = new Set(
    [...descendants(input.root)]
      .filter(({ name }) => name === 'check-content-ref')
      .map((reference) => attribute(reference, 'href') ?? ''),
  )
  const find: FindFile = (name) => {
    if (!ofChecks.has(name)) return input.find(name)
    const place = resolve(join(dirname(input.path), name))
    const found = given.find(({ path }) => resolve(path) === place) ?? named(name)
    return found === undefined ? undefined : { name, data: found.data }
  }
  return { find, replace: (content, source) => ({ content, source }) }
}

function replaceComponents(
  content: BenchmarkContent,
  source: SourceDocument,
  given: ReadonlyMap<string, XmlElement>,
): { readonly content: BenchmarkContent; readonly source: SourceDocument } {
  const gone = Object.keys(content.oval).filter((href) => !given.has(href))
  const reason = (href: string): string => `${href} is not among the OVAL files that were named`
  return {
    content: {
      ...content,
      oval: Object.fromEntries(Array.from(given, ([name, root]) => [name, parseOval(root)])),
      missing: { ...content.missing, ...Object.fromEntries(gone.map((href) => [href, reason(href)])) },
    },
    source: {
      ...source,
      find: (href, purpose) => (purpose === 'rules' ? given.get(href) : source.find(href, purpose)),
    },
  }
}
