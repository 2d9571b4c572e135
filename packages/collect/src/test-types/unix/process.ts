import { describeProcess } from '../../platform/process-description.ts'
import { hiddenProcesses, readProcesses } from '../../platform/processes.ts'
import { defineTestType } from '../../test-type.ts'

/** Running processes by the name of their command: the unix `process_test`, deprecated since 5.8. */
export const process = defineTestType({
  family: 'unix',
  name: 'process',
  description:
    'Running processes by the name of their command (15 characters at most); threads of the kernel are none.',
  object: ['command'],
  item: {
    command: 'string',
    exec_time: 'string',
    pid: 'int',
    ppid: 'int',
    priority: 'int',
    ruid: 'int',
    scheduling_class: 'string',
    start_time: 'string',
    tty: 'string',
    user_id: 'int',
  },

  async collect(session, { object }) {
    const processes = (await readProcesses(session)).filter(({ command }) => object.command.matches(command))
    const hidden = await hiddenProcesses(session)
    const found = await Promise.all(
      processes.map(async (one) => ({ values: { command: one.command, ...(await describeProcess(session, one)) } })),
    )
    return { ...(hidden === undefined ? {} : { flag: 'error', messages: [hidden] }), found }
  },
})
