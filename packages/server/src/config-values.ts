import { isAbsolute, resolve } from 'node:path'
import { Temporal } from 'temporal-polyfill'

/** A value that cannot be used, with the name to change. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export const text = (value: string): string => value

export const path = (value: string): string => (isAbsolute(value) ? value : resolve(value))

export const integer =
  (least: number, most: number) =>
  (value: string, name: string): number => {
    const found = Number(value)
    if (/^\d+$/.test(value) && found >= least && found <= most) return found
    throw new ConfigError(`${name} must be a whole number from ${least} to ${most}, not "${value}"`)
  }

export const url =
  (...protocols: readonly string[]) =>
  (value: string, name: string): string => {
    const found = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : undefined
    if (found !== undefined && protocols.includes(found)) return value
    // The value may hold a password: it is not repeated.
    throw new ConfigError(
      `${name} must be an address that begins with ${protocols.map((one) => `${one}://`).join(' or ')}`,
    )
  }

export function timeZone(value: string, name: string): string {
  try {
    return Temporal.Now.zonedDateTimeISO(value).timeZoneId
  } catch (error) {
    throw new ConfigError(`${name} must be a time zone of the IANA database such as Europe/Berlin, not "${value}"`, {
      cause: error,
    })
  }
}

export const oneOf =
  (...allowed: readonly string[]) =>
  (value: string, name: string): string => {
    if (allowed.includes(value)) return value
    throw new ConfigError(`${name} must be ${allowed.join(' or ')}, not "${value}"`)
  }

export function hosts(value: string, name: string): string {
  const wrong = value.split(',').find((one) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(one.trim()))
  if (wrong === undefined) return value
  throw new ConfigError(`${name} must be names of hosts, separated by commas; "${wrong}" is none`)
}

export const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

export function logLevel(value: string, name: string): string {
  if (levels.includes(value)) return value
  throw new ConfigError(`${name} must be one of ${levels.join(', ')}, not "${value}"`)
}

/** In the clear only to this machine. */
export function webhook(value: string, name: string): string {
  const found = URL.canParse(value) ? new URL(value) : undefined
  const isLocal = /^(?:localhost|127\..*|\[::1\])$/.test(found?.hostname ?? '')
  const isAllowed = found?.protocol === 'https:' || (found?.protocol === 'http:' && isLocal)
  if (found !== undefined && isAllowed && found.username === '' && found.password === '') return value
  // The value may hold a secret: it is not repeated.
  throw new ConfigError(`${name} must be an address that begins with https://, without a name and password in it`)
}

export function webhookSecret(value: string, name: string): string {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1]
  if (value.startsWith('whsec_') ? Buffer.from(base64 ?? '', 'base64').length >= 24 : value.length >= 24) return value
  throw new ConfigError(`${name} must be whsec_ and at least 24 bytes in Base64, or a text of at least 24 characters`)
}
