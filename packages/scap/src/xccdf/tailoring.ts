import { ContentError } from '../errors.ts'
import { childrenNamed, type XmlElement } from '../xml/element.ts'
import type { Profile } from './model/benchmark.ts'
import { idOf } from './parse/rule.ts'
import { parseProfile } from './parse/profile.ts'

/** A tailoring document: profiles of one's own for a benchmark. */
export interface Tailoring {
  readonly id: string
  readonly profiles: readonly Profile[]
}

export function parseTailoring(root: XmlElement): Tailoring {
  if (root.name !== 'Tailoring')
    throw new ContentError('content-not-recognised', `<${root.name}> is not an XCCDF <Tailoring>`, root)
  return { id: idOf(root), profiles: childrenNamed(root, 'Profile').map(parseProfile) }
}
