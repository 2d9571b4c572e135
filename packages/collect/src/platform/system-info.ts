import type { SystemInfo } from '@plumbline/scap'
import { parseOsRelease } from '../parsers/os-release.ts'
import type { Session } from '../session.ts'
import { readInterfaces } from './interfaces.ts'

/** Which system it is, by os-release(5) and the kernel's own word. What cannot be read is said to be unknown. */
export async function readSystemInfo(session: Session): Promise<SystemInfo> {
  const [release, fallback, name, architecture, interfaces] = await Promise.all([
    readOrNothing(session, '/etc/os-release'),
    readOrNothing(session, '/usr/lib/os-release'),
    readOrNothing(session, session.canRun ? '/proc/sys/kernel/hostname' : '/etc/hostname'),
    readArchitecture(session),
    readInterfaces(session),
  ])
  const system = parseOsRelease(release ?? fallback ?? '')
  return {
    osName: system['PRETTY_NAME'] ?? system['NAME'] ?? 'unknown',
    osVersion: system['VERSION_ID'] ?? 'unknown',
    architecture,
    primaryHostName: name?.trim() ?? 'unknown',
    interfaces,
  }
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
