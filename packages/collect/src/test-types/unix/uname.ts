import { TransportError } from '../../errors.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** Kernel and hardware by uname(1): the unix `uname_test`. */
export const uname = defineTestType({
  family: 'unix',
  name: 'uname',
  description: 'Names and releases of kernel and hardware, as uname(1) tells them.',
  object: [],
  item: {
    machine_class: 'string',
    node_name: 'string',
    os_name: 'string',
    os_release: 'string',
    os_version: 'string',
    processor_type: 'string',
  },

  async collect(session) {
    const [machine_class, node_name, os_name, os_release, os_version] = await Promise.all([
      ask(session, '-m'),
      ask(session, '-n'),
      ask(session, '-s'),
      ask(session, '-r'),
      ask(session, '-v'),
    ])
    // uname -p is `unknown` on many systems; the referee says the machine's name for it too.
    return [{ machine_class, node_name, os_name, os_release, os_version, processor_type: machine_class }]
  },
})

/** One option a call: the version has blanks, and busybox prints in an order of its own. */
async function ask(session: Session, option: string): Promise<string> {
  const { exitStatus, stdout } = await session.run(['uname', option])
  if (exitStatus === 0) return new TextDecoder().decode(stdout).trim()
  throw new TransportError('command-failed', `uname ${option} on ${session.asset} ended with ${exitStatus}`)
}
