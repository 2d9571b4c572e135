import { defineTestType } from '../../test-type.ts'
import { listUnits, showUnits } from '../../platform/systemd.ts'

/** Properties of systemd's units: the linux `systemdunitproperty_test`. */
export const systemdunitproperty = defineTestType({
  family: 'linux',
  name: 'systemdunitproperty',
  description: 'Properties of the units that systemd has loaded.',
  object: ['unit', 'property'],
  item: { unit: 'string', property: 'string', value: 'string' },

  async collect(session, { object }) {
    const units = (await listUnits(session)).filter((unit) => object.unit.matches(unit))
    const shown = await showUnits(session, units, object.property.literals)
    return shown.flatMap(({ unit, properties }) =>
      [...properties]
        .filter(([property]) => object.property.matches(property))
        .map(([property, value]) => ({ unit, property, value: [value] })),
    )
  },
})
