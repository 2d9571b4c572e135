export interface InetdService {
  readonly serviceName: string
  readonly endpointType: string
  readonly protocol: string
  readonly waitStatus: string
  readonly user: string
  readonly serverProgram: string
  readonly serverArguments: string
}

/** inetd.conf(5). `wait.40` and `wait/40` bound how often a server starts; `root.wheel` and `root:wheel` name a group as well. */
export function parseInetdConf(text: string): InetdService[] {
  return text.split('\n').flatMap((line) => {
    const [serviceName, endpointType, protocol, wait, user, serverProgram, ...serverArguments] = line
      .trim()
      .split(/\s+/)
    if (serviceName === undefined || serviceName.startsWith('#') || serverProgram === undefined) return []
    return [
      {
        serviceName,
        endpointType: endpointType ?? '',
        protocol: protocol ?? '',
        waitStatus: wait?.split(/[./]/)[0] ?? '',
        user: user?.split(/[.:/]/)[0] ?? '',
        serverProgram,
        serverArguments: serverArguments.join(' '),
      },
    ]
  })
}
