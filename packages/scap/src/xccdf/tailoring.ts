import { ContentError } from '../errors.ts'
import { attribute, child, childrenNamed, type XmlElement } from '../xml/element.ts'
import type { Profile } from './model/benchmark.ts'
import { idOf } from './parse/rule.ts'
import { parseProfile } from './parse/profile.ts'

/** A tailoring document: profiles of one's own for a benchmark. */
export interface Tailoring {
  readonly id: string
  readonly version: string
  /** When that version was made, as it is written; empty where it does not say. */
  readonly time: string
  /** The file that it was read from. */
  readonly href: string
  readonly profiles: readonly Profile[]
}

export function parseTailoring(root: XmlElement): Tailoring {
  if (root.name !== 'Tailoring')
    throw new ContentError('content-not-recognised', `<${root.name}> is not an XCCDF <Tailoring>`, root)
  const version = child(root, 'version')
  return {
    id: idOf(root),
    version: version?.text.trim() ?? '',
    time: (version === undefined ? undefined : attribute(version, 'time')) ?? '',
    href: root.file,
    profiles: childrenNamed(root, 'Profile').map(parseProfile),
  }
}
