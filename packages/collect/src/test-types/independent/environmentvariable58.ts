import { concernsOneThing } from '../../errors.ts'
import { parseEnvironment } from '../../parsers/environment.ts'
import { listProcessIds, readOfProcess } from '../../platform/processes.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Asked, type Found } from '../../test-type.ts'

const item = { pid: 'int', name: 'string', value: 'string' } as const

/** Environment variables of a process: the independent `environmentvariable58_test`. */
export const environmentvariable58 = defineTestType({
  family: 'independent',
  name: 'environmentvariable58',
  description: 'Environment variables of the process that is asked for, or of the one that collects.',
  object: ['pid', 'name'],
  item,

  async collect(session, { object, has }) {
    if (!has('pid') || object.pid.isNil) {
      const environment = await session.once('own environment', () => session.readText('/proc/self/environ'))
      // Without a number: it would be another one at the next collection, for the same variables.
      return { found: variables(environment ?? '', object).map((values) => ({ values })) }
    }
    const processes = (await listProcessIds(session)).filter((pid) => object.pid.matches(pid))
    const each = await Promise.all(processes.map((pid) => ofProcess(session, pid, object)))
    return { found: each.flat() }
  },
})

function variables(
  environment: string,
  { name: wanted }: Asked<'name' | 'pid'>['object'],
): { name: string; value: string }[] {
  return parseEnvironment(environment).filter(({ name }) => wanted.matches(name))
}

async function ofProcess(
  session: Session,
  pid: string,
  object: Asked<'name' | 'pid'>['object'],
): Promise<Found<typeof item>[]> {
  try {
    const environment = await readOfProcess(session, pid, 'environ')
    return variables(environment ?? '', object).map((variable) => ({ values: { pid: BigInt(pid), ...variable } }))
  } catch (error) {
    if (!concernsOneThing(error)) throw error
    return [{ values: { pid: BigInt(pid) }, error: error.message }]
  }
}
