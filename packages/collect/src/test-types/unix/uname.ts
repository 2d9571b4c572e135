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
    // One option a call: the version has blanks, and busybox prints in an order of its own.
    const [machine_class, node_name, os_name, os_release, os_version] = await Promise.all(
      ['-m', '-n', '-s', '-r', '-v'].map(async (option) => {
        const { stdout } = await session.run(['uname', option])
        return new TextDecoder().decode(stdout).trim()
      }),
    )
    return [
      {
        machine_class: machine_class ?? '',
        node_name: node_name ?? '',
        os_name: os_name ?? '',
        os_release: os_release ?? '',
        os_version: os_version ?? '',
        processor_type: machine_class ?? '',
      },
    ]
  },
})
