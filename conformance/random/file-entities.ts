import { element, textElement, type Draft } from './draft.ts'
import { namePattern, randomValue, type Kind } from './values.ts'
import type { Variables } from './variables.ts'

/** An entity that names files. */
function fileEntity(draft: Draft, variables: Variables, name: string, kind: Kind): string {
  const { chance } = draft
  if (chance.holds(0.15))
    return textElement(name, '', {
      var_ref: variables.of(kind),
      var_check: chance.pick(['all', 'at least one', undefined]),
    })
  if (chance.holds(0.45)) return textElement(name, namePattern(draft, kind), { operation: 'pattern match' })
  return textElement(name, randomValue(draft, kind))
}

/** Files by their path as a whole, or by its two parts, perhaps below. Walks themselves: `referee-files.test.ts`. */
export function files(
  draft: Draft,
  variables: Variables,
  prefix: string,
  behaviors: Record<string, string> = {},
): string[] {
  const { chance } = draft
  const isWhole = chance.holds(0.5)
  const path = isWhole ? '' : fileEntity(draft, variables, `${prefix}:path`, 'directory')
  // OVAL, FileBehaviors: recursion is not for a path that is a pattern.
  if (!isWhole && !path.includes('pattern match') && chance.holds(0.6)) {
    behaviors['recurse_direction'] = 'down'
    behaviors['recurse'] = chance.pick(['directories', 'symlinks and directories'])
    behaviors['max_depth'] = chance.pick(['-1', '1', '2'])
  }
  return [
    ...(Object.keys(behaviors).length === 0 ? [] : [element(`${prefix}:behaviors`, behaviors)]),
    ...(isWhole
      ? [fileEntity(draft, variables, `${prefix}:filepath`, 'filepath')]
      : [path, fileEntity(draft, variables, `${prefix}:filename`, 'filename')]),
  ]
}

/**
 * Files that are no links to nothing and none to a directory: of those the referee has an error or overlooks them, by how
 * they were named.
 */
export function readableFiles({ chance, folder }: Draft, names: readonly string[]): string[] {
  const pattern = `^${folder.replaceAll('.', '\\.')}/.*\\.(xml|yaml|conf)$`
  return [
    chance.holds(0.3)
      ? textElement('ind:filepath', pattern, { operation: 'pattern match' })
      : textElement('ind:filepath', `${folder}/${chance.pick([...names, 'a.conf', 'special', 'empty', 'none'])}`),
  ]
}
