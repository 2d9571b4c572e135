import { join } from 'node:path'
import { attribute, descendants, remoteReferences, type FindFile, type XmlElement } from '@plumbline/scap'
import { copyName } from '../remote-files.ts'

/** What became of content elsewhere, by its address, in the referee's words: scripts look for them. */
export function remoteWarnings(
  root: XmlElement,
  find: FindFile,
  folder: string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string>()
  for (const element of descendants(root)) {
    const href = element.attributes.find(({ name }) => name === 'href')?.value
    if (element.name === 'component-ref' && href !== undefined) ids.set(href, attribute(element, 'id') ?? '')
  }
  const warnings = new Map<string, readonly string[]>()
  for (const { url, name } of remoteReferences(root)) {
    const id = ids.get(url)
    if (id === undefined) continue
    const found = find(url)
    const skipping = `Skipping '${url}' file which is referenced from datastream`
    if (folder !== undefined) {
      const copy = join(folder, copyName(name))
      const complaint = `Data stream component '${id}' points out to the remote '${url}'. The option --local-files '${folder}' has been provided, but the file '${copy}' can't be used locally: No such file or directory.`
      const isUsed = found !== undefined && 'data' in found
      warnings.set(url, isUsed ? [`Using local file '${copy}' instead of '${url}'`] : [complaint, skipping])
    } else if (found === undefined) {
      const advice = `Datastream component '${id}' points out to the remote '${url}'. Use '--fetch-remote-resources' option to download it.`
      warnings.set(url, [advice, skipping])
    }
  }
  return warnings
}
