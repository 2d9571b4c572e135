import type { Session } from '../../session.ts'
import { selinuxFolder } from '../../platform/selinux.ts'
import { defineTestType, type Found } from '../../test-type.ts'

const item = { name: 'string', current_status: 'boolean', pending_status: 'boolean' } as const

/** Switches of the SELinux policy: the linux `selinuxboolean_test`. */
export const selinuxboolean = defineTestType({
  family: 'linux',
  name: 'selinuxboolean',
  description: 'Switches of the SELinux policy, in force and as they will be after the next commit.',
  object: ['name'],
  item,

  async collect(session, { object }) {
    const folder = await selinuxFolder(session)
    if (folder === undefined) {
      return { flag: 'not applicable', messages: [`SELinux is not enabled on ${session.asset}`], found: [] }
    }
    const names =
      object.name.literals ?? (await booleanNames(session, folder)).filter((name) => object.name.matches(name))
    const found = await Promise.all(names.map((name) => read(session, folder, name)))
    return { found: found.filter((one) => one !== undefined) }
  },
})

function booleanNames(session: Session, folder: string): Promise<string[]> {
  return session.once('selinux booleans', async () =>
    ((await session.list(`${folder}/booleans`)) ?? []).map(({ name }) => name).sort(),
  )
}

/** The file holds `current pending`, each 0 or 1. */
async function read(session: Session, folder: string, name: string): Promise<Found<typeof item> | undefined> {
  // A name is one part of a path.
  if (name.includes('/') || name === '.' || name === '..') return undefined
  const text = await session.readText(`${folder}/booleans/${name}`)
  if (text === undefined) return undefined
  const [, current, pending] = /^([01]) ([01])/.exec(text) ?? []
  if (current === undefined) return { values: { name }, error: `SELinux boolean ${name} holds neither 0 nor 1` }
  return { values: { name, current_status: current === '1', pending_status: pending === '1' } }
}
