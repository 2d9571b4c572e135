import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** Environment variables of a process: the independent `environmentvariable58_test`. */
export const environmentvariable58 = defineTestType({
  family: 'independent',
  name: 'environmentvariable58',
  description: 'Environment variables of the process that is asked for, or of the one that collects.',
  object: ['pid', 'name'],
  item: { pid: 'int', name: 'string', value: 'string' },

  async collect(session, { object, has }) {
    const own = !has('pid') || object.pid.isNil
    const processes = own
      ? ['self']
      : (object.pid.literals ?? (await processNumbers(session)).filter((pid) => object.pid.matches(pid)))
    const items = await Promise.all(
      processes.map(async (pid) => {
        const environment = await session.readText(`/proc/${pid}/environ`)
        return parseEnvironment(environment ?? '')
          .filter(({ name }) => object.name.matches(name))
          .map(({ name, value }) => ({ ...(own ? {} : { pid: BigInt(pid) }), name, value }))
      }),
    )
    return items.flat()
  },
})

async function processNumbers(session: Session): Promise<string[]> {
  return ((await session.list('/proc')) ?? []).map(({ name }) => name).filter((name) => /^\d+$/.test(name))
}

function parseEnvironment(text: string): { readonly name: string; readonly value: string }[] {
  return text.split('\0').flatMap((assignment) => {
    const at = assignment.indexOf('=')
    return at < 1 ? [] : [{ name: assignment.slice(0, at), value: assignment.slice(at + 1) }]
  })
}
