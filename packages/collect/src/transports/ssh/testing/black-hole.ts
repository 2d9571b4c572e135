import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface BlackHole {
  readonly port: number
  stop(): void
}

/**
 * An address of this machine that is like one behind a firewall: a process that listens and is stopped. The first two
 * connections are made by the kernel and say nothing, all others are never answered.
 */
export async function openBlackHole(): Promise<BlackHole> {
  const program = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
    process.stdout.write(String(server.address().port)))`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  child.kill('SIGSTOP')
  return { port: Number(said.toString()), stop: () => void child.kill('SIGKILL') }
}
