import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './failure.ts'
import { exchange, type Reply } from './http.ts'
import { readLogin, writeLogin, type Login } from './session-file.ts'

export const defaultUrl = 'https://127.0.0.1:12431'

/** What the client needs of an account: where, with which certificate, and its tokens. */
interface Account {
  readonly url: URL
  readonly certificate?: string
  accessToken: string
  /** Called on the first 401; answers whether there are new tokens to try with. */
  readonly renew: (account: Account) => Promise<boolean>
}

export interface Call {
  readonly query?: Readonly<Record<string, string>>
  /** JSON, unless it is bytes. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Talks to a Plumbline server as one account. */
export class Client {
  readonly #account: Account

  constructor(account: Account) {
    this.#account = account
  }

  /** The parsed reply of a successful call; anything but 2xx is a {@link Failure} with the server's own words. */
  async call<Body = unknown>(method: string, path: string, call: Call = {}): Promise<Body> {
    return parse<Body>((await this.reply(method, path, call)).text)
  }

  async reply(method: string, path: string, call: Call = {}): Promise<Reply> {
    let reply = await this.#send(method, path, call)
    if (reply.status === 401 && (await this.#account.renew(this.#account))) reply = await this.#send(method, path, call)
    if (reply.status >= 200 && reply.status < 300) return reply
    throw new Failure(refusal(reply, method, path))
  }

  #send(method: string, path: string, { query, body, headers }: Call): Promise<Reply> {
    const url = new URL(path, this.#account.url)
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value)
    const bytes = body instanceof Uint8Array
    return exchange({
      method,
      url,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.#account.accessToken}`,
        ...(body === undefined ? {} : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: bytes ? body : JSON.stringify(body) }),
      ...(this.#account.certificate === undefined ? {} : { certificate: this.#account.certificate }),
    })
  }
}

/** As the account of PLUMBLINE_USER and PLUMBLINE_PASSWORD, else as the one of the last `plumbline login`. */
export async function connect(): Promise<Client> {
  const user = process.env['PLUMBLINE_USER']
  const password = process.env['PLUMBLINE_PASSWORD']
  const login = readLogin()
  const url = process.env['PLUMBLINE_URL']
  if (user !== undefined && password !== undefined) {
    const address = new URL(url ?? login?.url ?? defaultUrl)
    const certificate = knownCertificate(address, login)
    const tokens = await requestTokens(address, certificate, passwordGrant(user, password))
    return new Client({
      url: address,
      ...given(certificate),
      accessToken: tokens.accessToken,
      renew: async () => false,
    })
  }
  if (login === undefined || (url !== undefined && new URL(url).origin !== new URL(login.url).origin)) {
    throw new Failure(
      `not logged in${url === undefined ? '' : ` at ${url}`}; run "plumbline login", or set PLUMBLINE_USER and PLUMBLINE_PASSWORD`,
    )
  }
  return new Client({
    url: new URL(login.url),
    certificate: login.certificate,
    accessToken: login.accessToken,
    renew: (account) => renewLogin(account, login),
  })
}

async function renewLogin(account: Account, login: Login): Promise<boolean> {
  const tokens = await requestTokens(
    account.url,
    login.certificate,
    new URLSearchParams({ grant_type: 'refresh_token', refresh_token: login.refreshToken }).toString(),
  ).catch((error: unknown) => {
    throw new Failure('the login has expired; run "plumbline login" again', { cause: error })
  })
  account.accessToken = tokens.accessToken
  writeLogin({ ...login, ...tokens })
  return true
}

export const passwordGrant = (user: string, password: string): string =>
  // Not URLSearchParams: the server takes "+" in a password as itself.
  `grant_type=password&username=${encodeURIComponent(user)}&password=${encodeURIComponent(password)}`

export async function requestTokens(
  url: URL,
  certificate: string | undefined,
  body: string,
): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
  const reply = await exchange({
    method: 'POST',
    url: new URL('/ccs/api/v1/oauth/tokens', url),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body,
    ...given(certificate),
  })
  const fields = parse<Record<string, unknown>>(reply.text)
  if (reply.status !== 200) {
    throw new Failure(
      textOf(fields['error_description']) ?? textOf(fields['Message']) ?? `the server answered ${reply.status}`,
    )
  }
  return { accessToken: String(fields['access_token']), refreshToken: String(fields['refresh_token']) }
}

const given = (certificate: string | undefined): { certificate?: string } =>
  certificate === undefined ? {} : { certificate }

/** PLUMBLINE_CA, the certificate pinned at login, or that of a server whose data directory we can read. */
export function knownCertificate(url: URL, login: Login | undefined): string | undefined {
  const named = process.env['PLUMBLINE_CA']
  if (named !== undefined) return readFileSync(named, 'utf8')
  if (login !== undefined && new URL(login.url).origin === url.origin) return login.certificate
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) return undefined
  try {
    return readFileSync(join(process.env['PLUMBLINE_DATA'] ?? 'plumbline-data', 'tls', 'certificate.pem'), 'utf8')
  } catch {
    return undefined
  }
}

function refusal(reply: Reply, method: string, path: string): string {
  const body = parse<{ Message?: unknown; Details?: unknown }>(reply.text)
  const details = Array.isArray(body.Details) ? body.Details.map((detail) => `\n  ${describe(detail)}`).join('') : ''
  return `${textOf(body.Message) ?? `${method} ${path} was refused`} (${reply.status})${details}`
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function describe(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return String(detail)
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ')
}

function parse<Body>(text: string): Body {
  if (text === '') return {} as Body
  try {
    return JSON.parse(text) as Body
  } catch (error) {
    throw new Failure('the server answered something that is not JSON; is PLUMBLINE_URL a Plumbline server?', {
      cause: error,
    })
  }
}
