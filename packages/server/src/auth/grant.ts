/** What a token request asks for, read from any of the forms in which clients send it. */
export interface Grant {
  readonly grantType: string | undefined
  /** Each reading of the member that a client may have meant. */
  readonly username: readonly string[]
  readonly password: readonly string[]
  readonly refreshToken: string | undefined
}

/**
 * Clients send `grant_type=password&username=DOMAIN\user&password=…` as text under a JSON header with nothing encoded,
 * or as a real form, or as JSON. So: split at `&`, then at the first `=`; read each value as it stands and
 * percent-decoded, with `+` as itself and, for real forms, as a blank. Member names in any casing.
 */
export function readGrant(body: string): Grant {
  const text = body.replace(/^\ufeff/, '').trim()
  return text.startsWith('{') ? fromJson(text) : fromForm(text)
}

function fromJson(text: string): Grant {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fromForm(text)
  }
  const members = new Map(
    Object.entries(value as object).map(([name, member]) => [name.toLowerCase(), member as unknown]),
  )
  const read = (name: string): string | undefined => {
    const member = members.get(name)
    return typeof member === 'string' ? member : undefined
  }
  return {
    grantType: read('grant_type'),
    username: present(read('username')),
    password: present(read('password')),
    refreshToken: read('refresh_token'),
  }
}

function fromForm(text: string): Grant {
  const members = new Map<string, string>()
  for (const pair of text.replace(/[\r\n]+$/, '').split('&')) {
    const at = pair.indexOf('=')
    if (at > 0) members.set(pair.slice(0, at).trim().toLowerCase(), pair.slice(at + 1))
  }
  return {
    grantType: members.get('grant_type'),
    username: readings(members.get('username')),
    password: readings(members.get('password')),
    refreshToken: members.get('refresh_token'),
  }
}

const present = (value: string | undefined): string[] => (value === undefined ? [] : [value])

function readings(raw: string | undefined): string[] {
  if (raw === undefined) return []
  const found = new Set([decode(raw), raw])
  if (raw.includes('+')) found.add(decode(raw.replaceAll('+', ' ')))
  return [...found]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The passwords that a client may mean by what it sent: the readings as they are, and what they are in Base64. */
export function possiblePasswords(sent: readonly string[]): string[] {
  const found = new Set(sent)
  for (const text of sent) {
    // A real form turns `+` into a blank; inside Base64 no blank can have been meant.
    const base64 = text.replaceAll(' ', '+')
    if (base64.length % 4 !== 0 || !/^[\w+/-]+={0,2}$/.test(base64)) continue
    const decoded = Buffer.from(base64, 'base64').toString('utf8')
    if (decoded !== '' && !decoded.includes('\ufffd')) found.add(decoded)
  }
  return [...found].slice(0, 4)
}

/** `DOMAIN\user` is an account of that name, or else the account `user`. */
export function possibleNames(sent: readonly string[]): string[] {
  const found = new Set<string>()
  for (const name of sent) {
    found.add(name)
    const at = name.indexOf('\\')
    if (at !== -1) found.add(name.slice(at + 1).replace(/^\\/, ''))
  }
  return [...found]
}
