import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** What `plumbline login` leaves behind: the account's tokens and the server certificate they belong to. */
export interface Login {
  readonly url: string
  readonly user: string
  /** The server's certificate, PEM, pinned at login. */
  readonly certificate: string
  readonly accessToken: string
  readonly refreshToken: string
}

const path = (): string => join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'plumbline', 'login.json')

export function readLogin(): Login | undefined {
  let text: string
  try {
    text = readFileSync(path(), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return JSON.parse(text) as Login
}

/** Written for the owner alone (0600), replaced whole. */
export function writeLogin(login: Login): string {
  mkdirSync(dirname(path()), { recursive: true, mode: 0o700 })
  rmSync(path(), { force: true })
  writeFileSync(path(), `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 })
  return path()
}

export function removeLogin(): void {
  rmSync(path(), { force: true })
}
