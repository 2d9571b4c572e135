import { defineTestType } from '../../test-type.ts'
import { listUnits, showUnits } from '../../platform/systemd.ts'

const needs = ['Requires', 'Wants', 'Requisite', 'BindsTo', 'PartOf', 'Upholds']

/** What systemd's units need, and what those need in turn: the linux `systemdunitdependency_test`. */
export const systemdunitdependency = defineTestType({
  family: 'linux',
  name: 'systemdunitdependency',
  description: 'The units that a unit of systemd needs, directly or through others.',
  object: ['unit'],
  item: { unit: 'string', dependency: 'string' },

  async collect(session, { object }) {
    const units = await listUnits(session)
    const direct = await session.once('systemd dependencies', async () => {
      const shown = await showUnits(session, units, needs)
      return new Map(
        shown.map(({ unit, properties }) => [
          unit,
          [...properties.values()].flatMap((list) => list.split(' ')).filter((name) => name !== ''),
        ]),
      )
    })
    return units
      .filter((unit) => object.unit.matches(unit))
      .map((unit) => ({ unit, dependency: [...reach(direct, unit)].toSorted() }))
  },
})

function reach(direct: ReadonlyMap<string, readonly string[]>, unit: string): Set<string> {
  const reached = new Set<string>()
  const waiting = [unit]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const dependency of direct.get(at) ?? []) {
      if (reached.has(dependency) || dependency === unit) continue
      reached.add(dependency)
      waiting.push(dependency)
    }
  }
  return reached
}
