import { parseSystemdWords } from '../../parsers/systemctl-show.ts'
import { readUnits } from '../../platform/systemd.ts'
import { defineTestType } from '../../test-type.ts'

/** What systemd's units need: the linux `systemdunitdependency_test`. */
export const systemdunitdependency = defineTestType({
  family: 'linux',
  name: 'systemdunitdependency',
  description: 'The units that a unit of systemd requires or wants, and those of the targets among them in turn.',
  object: ['unit'],
  item: { unit: 'string', dependency: 'string' },

  async collect(session, { object }) {
    const units = await readUnits(session, ['Requires', 'Wants'])
    const needs = new Map(
      units.map(({ name, properties }) => [
        name,
        [...(properties.get('Requires') ?? []), ...(properties.get('Wants') ?? [])].flatMap(parseSystemdWords),
      ]),
    )
    return units
      .filter(({ name }) => object.unit.matches(name))
      .map(({ name }) => ({ unit: name, dependency: dependenciesOf(name, needs) }))
  },
})

/** As `systemctl list-dependencies` does, only targets are followed further. */
function dependenciesOf(unit: string, needs: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>()
  const waiting = [unit]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const dependency of needs.get(at) ?? []) {
      if (!found.has(dependency) && dependency.endsWith('.target')) waiting.push(dependency)
      found.add(dependency)
    }
  }
  return [...found].sort()
}
