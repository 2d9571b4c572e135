import { parseEnvironment } from '../../parsers/environment.ts'
import { defineTestType } from '../../test-type.ts'

/** Environment variables of the process that collects: the independent `environmentvariable_test`, deprecated since 5.8. */
export const environmentvariable = defineTestType({
  family: 'independent',
  name: 'environmentvariable',
  description: 'Environment variables of the process that collects.',
  object: ['name'],
  item: { name: 'string', value: 'string' },

  async collect(session, { object }) {
    const environment = await session.once('own environment', () => session.readText('/proc/self/environ'))
    return parseEnvironment(environment ?? '').filter(({ name }) => object.name.matches(name))
  },
})
