import { parseInetdConf } from '../../parsers/inetd-conf.ts'
import { defineTestType } from '../../test-type.ts'

/** Services of inetd: the unix `inetd_test`. */
export const inetd = defineTestType({
  family: 'unix',
  name: 'inetd',
  description: 'Services that inetd waits for, by /etc/inetd.conf.',
  object: ['protocol', 'service_name'],
  item: {
    protocol: 'string',
    service_name: 'string',
    server_program: 'string',
    server_arguments: 'string',
    endpoint_type: 'string',
    exec_as_user: 'string',
    wait_status: 'string',
  },

  async collect(session, { object }) {
    const text = await session.readText('/etc/inetd.conf')
    if (text === undefined) {
      return { flag: 'not applicable', messages: [`${session.asset} has no /etc/inetd.conf`], found: [] }
    }
    return parseInetdConf(text)
      .filter(
        ({ protocol, serviceName }) => object.protocol.matches(protocol) && object.service_name.matches(serviceName),
      )
      .map((service) => ({
        protocol: service.protocol,
        service_name: service.serviceName,
        server_program: service.serverProgram,
        server_arguments: service.serverArguments,
        endpoint_type: service.endpointType,
        exec_as_user: service.user,
        wait_status: service.waitStatus,
      }))
  },
})
