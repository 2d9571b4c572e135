import type { OvalContent } from './model/content.ts'
import { referencesOf } from './references.ts'
import type { Reference } from './references.ts'

/** Sets and variables are worked out, everything else must be asked of the asset. */
export function isCollected(content: OvalContent, objectId: string): boolean {
  const object = content.objects[objectId]
  return object !== undefined && object.set === undefined && object.testType !== 'independent/variable'
}

/**
 * The objects that must have been collected before this one can be resolved: those that its variables and the states
 * of its filters take values from; for a set, its members. Objects that are worked out stand for what they need.
 */
export function objectDependencies(content: OvalContent, objectId: string): string[] {
  return collectedObjects(content, referencesOf(content, 'objects', objectId))
}

/** All objects that these definitions need collected, dependencies first. */
export function reachableObjects(content: OvalContent, definitionIds: readonly string[]): string[] {
  return collectedObjects(
    content,
    definitionIds.map((id) => ({ section: 'definitions', id })),
    true,
  )
}

/** An object to collect, and the objects that have to be collected before it. */
export interface CollectionStep {
  readonly objectId: string
  readonly needs: readonly string[]
}

/** The same objects with what each of them needs. Every step comes after those that it needs. */
export function collectionSteps(content: OvalContent, definitionIds: readonly string[]): CollectionStep[] {
  return reachableObjects(content, definitionIds).map((objectId) => ({
    objectId,
    needs: objectDependencies(content, objectId),
  }))
}

/** Collected objects reached from these references, in the order in which they become collectable. */
function collectedObjects(content: OvalContent, from: readonly Reference[], throughCollected = false): string[] {
  const seen = new Set<string>()
  const found: string[] = []
  const stack: { reference: Reference; leave: boolean }[] = [...from]
    .reverse()
    .map((reference) => ({ reference, leave: false }))
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    const { section, id } = step.reference
    const collected = section === 'objects' && isCollected(content, id)
    if (step.leave) {
      found.push(id)
      continue
    }
    const key = `${section} ${id}`
    if (seen.has(key)) continue
    seen.add(key)
    if (collected) stack.push({ reference: step.reference, leave: true })
    if (collected && !throughCollected) continue
    for (const reference of referencesOf(content, section, id).reverse()) stack.push({ reference, leave: false })
  }
  return found
}

/** What definitions have to do with, by the section that it is in. */
export type Mentioned = Readonly<Record<Reference['section'], readonly string[]>>

/** Everything that these definitions, or tests, refer to, directly or not, and they themselves. */
export function mentionedBy(
  content: OvalContent,
  ids: readonly string[],
  section: Reference['section'] = 'definitions',
): Mentioned {
  const seen = new Set<string>()
  const found: Record<Reference['section'], string[]> = {
    definitions: [],
    tests: [],
    objects: [],
    states: [],
    variables: [],
  }
  const queue: Reference[] = ids.map((id) => ({ section, id }))
  for (let reference = queue.pop(); reference !== undefined; reference = queue.pop()) {
    const key = `${reference.section} ${reference.id}`
    if (seen.has(key) || !Object.hasOwn(content[reference.section], reference.id)) continue
    seen.add(key)
    found[reference.section].push(reference.id)
    queue.push(...referencesOf(content, reference.section, reference.id))
  }
  for (const ids of Object.values(found)) ids.sort()
  return found
}
