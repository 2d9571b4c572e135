import type { SystemInfo } from '@plumbline/scap'
import { parseOsRelease } from '../parsers/os-release.ts'
import type { Session } from '../session.ts'
import { readInterfaces } from './interfaces.ts'

/** Which system it is, by os-release(5) and the kernel's own word. What cannot be read is said to be unknown. */
export async function readSystemInfo(session: Session): Promise<SystemInfo> {
  const [release, fallback, name, architecture, interfaces] = await Promise.all([
    readOrNothing(session, '/etc/os-release'),
    readOrNothing(session, '/usr/lib/os-release'),
    readHostName(session),
    readArchitecture(session),
    readInterfaces(session),
  ])
  const system = parseOsRelease(release ?? fallback ?? '')
  return {
    osName: system['PRETTY_NAME'] ?? system['NAME'] ?? 'unknown',
    osVersion: system['VERSION_ID'] ?? 'unknown',
    architecture,
    primaryHostName: name,
    interfaces,
  }
}

/** A mounted file system has no kernel of its own, but may be one that is kept with its `/proc`. */
async function readHostName(session: Session): Promise<string> {
  const kernel = '/proc/sys/kernel/hostname'
  for (const path of session.canRun ? [kernel] : ['/etc/hostname', kernel]) {
    const name = await readOrNothing(session, path)
    if (name !== undefined) return name.trim()
  }
  return 'unknown'
}

async function readOrNothing(session: Session, path: string): Promise<string | undefined> {
  try {
    return await session.readText(path)
  } catch {
    return undefined
  }
}

async function readArchitecture(session: Session): Promise<string> {
  try {
    const { stdout } = await session.run(['uname', '-m'])
    return new TextDecoder().decode(stdout).trim() || 'unknown'
  } catch {
    return 'unknown'
  }
}
