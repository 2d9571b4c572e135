/** Where a machine is, and as whom to log in; what nothing was said of is undefined. */
export interface Place {
  readonly host: string
  readonly port: number | undefined
  readonly user: string | undefined
}

/** What is wrong with a place, for whoever wrote it. */
export class PlaceError extends Error {
  override readonly name = 'PlaceError'
}

/** A machine that is reached otherwise than by SSH as we speak it; it is passed over. */
export class NoWay extends Error {
  override readonly name = 'NoWay'
}

/** `[user@]host[:port]` or `ssh://` before it, as OpenSSH writes a jump host. Throws {@link PlaceError}. */
export function parsePlace(text: string): Place {
  const [, user = '', bracketed, plain, port = ''] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  return asPlace(bracketed ?? plain ?? '', port, user, text)
}

/** Longer than any way that somebody wrote by hand. */
export const longestWay = 4000

/** Servers to go through, the nearest first, with commas between them; `none` says that there are none. Throws {@link PlaceError}. */
export function parseJumps(text: string): readonly Place[] {
  if (text.length > longestWay) throw new PlaceError(`${quoted(text)} is too long for servers to go through`)
  if (text.trim().toLowerCase() === 'none') return []
  return text
    .trim()
    .split(/[\s,]+/)
    .map(parsePlace)
}

const longestName = 255

/** Throws {@link PlaceError}, which repeats `text`. */
export function asPlace(host: string, port: string, user: string, text: string): Place {
  const name = host.replace(/^\[(.*)\]$/, '$1')
  const number = Number(port)
  // A name with other characters could not be one, and would end up in files and messages.
  // One colon alone is of no address.
  const isName = /^[\w.:%-]+$/.test(name) && name.split(':').length !== 2
  if (!isName || name.startsWith('-') || name.length > longestName) {
    throw new PlaceError(`${quoted(text)} names no host`)
  }
  if (port !== '' && !(/^\d+$/.test(port) && number >= 1 && number <= 65_535)) {
    throw new PlaceError(`${quoted(text)} has no port from 1 to 65535`)
  }
  if (/\p{C}/u.test(user) || user.length > longestName) throw new PlaceError(`${quoted(user)} is no name of an account`)
  return { host: name, port: port === '' ? undefined : number, user: user === '' ? undefined : user }
}

/** A name that can be shown anywhere: nothing in it moves the cursor or turns the text round. */
export function checkName(name: string): string {
  if (name === '' || name.length > longestName || !name.isWellFormed() || /\p{C}/u.test(name)) {
    throw new PlaceError(`${quoted(name)} is no name: it is empty, too long, or has characters that cannot be seen`)
  }
  return name
}

const longestShown = 80

/** As it can be shown on a line: what cannot be seen is written as its number. */
export function quoted(text: string): string {
  const shown = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
  const escape = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  return `"${shown.toWellFormed().replace(/\p{C}/gu, escape)}"`
}
