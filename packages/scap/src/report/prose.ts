import { attribute, child, childrenNamed, type XmlElement } from '../xml/element.ts'
import type { SourceDocument } from '../bundle/source-document.ts'
import { resolveItems } from '../xccdf/parse/inherit.ts'

/** A remediation that the content offers, by the system that would run it (`urn:xccdf:fix:script:sh`). */
export interface Fix {
  readonly system: string
  readonly content: XmlElement
}

/** What the benchmark says of groups and rules in its own words, by id. */
export interface BenchmarkProse {
  readonly item: (id: string) => XmlElement | undefined
  readonly fixes: (ruleId: string) => readonly Fix[]
}

/** Indexes the elements of a source; without one it knows nothing. */
export function readProse(source: SourceDocument | undefined): BenchmarkProse {
  const items = new Map<string, XmlElement>()
  const visit = (element: XmlElement): void => {
    for (const inner of element.children) {
      if (!['Group', 'Profile', 'Rule'].includes(inner.name)) continue
      items.set(attribute(inner, 'id') ?? '', inner)
      if (inner.name === 'Group') visit(inner)
    }
  }
  if (source !== undefined) {
    items.set(attribute(source.benchmark, 'id') ?? '', source.benchmark)
    visit(resolveItems(source.benchmark))
  }
  return {
    item: (id) => items.get(id),
    fixes: (ruleId) =>
      childrenNamed(items.get(ruleId), 'fix').map((content) => ({
        system: attribute(content, 'system') ?? '',
        content,
      })),
  }
}

export const partOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element === undefined ? undefined : child(element, name)
