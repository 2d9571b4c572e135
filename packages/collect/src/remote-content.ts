/** Where content may be fetched from, and how much of it for how long. */
export interface RemoteContentOptions {
  /** Only from these hosts, also where one passes us on; without, from any. */
  readonly hosts?: readonly string[]
  readonly maxBytes?: number
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

const defaults = { maxBytes: 256 * 1024 * 1024, timeoutMs: 120_000 }
const maxRedirects = 3

/**
 * What lies at an address, over HTTPS alone and with the server's certificate checked. Throws an error that says what was
 * wrong. Nothing of ours is sent along: no cookie, no credential.
 */
export async function fetchRemoteContent(address: string, options: RemoteContentOptions = {}): Promise<Uint8Array> {
  const { maxBytes = defaults.maxBytes, timeoutMs = defaults.timeoutMs } = options
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal])
  try {
    let url = permitted(address, options)
    for (let redirects = 0; ; redirects += 1) {
      const response = await fetch(url, { signal, redirect: 'manual', credentials: 'omit' })
      const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
      if (location === null) return await readBody(response, maxBytes)
      await response.body?.cancel()
      if (redirects === maxRedirects) throw new Error(`it passes us on more than ${maxRedirects} times`)
      url = permitted(new URL(location, url).href, options)
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    const why = deadline.aborted ? `it did not come within ${timeoutMs / 1000} s` : reasonOf(error)
    throw new Error(`${address} could not be fetched: ${why}`, { cause: error })
  }
}

function permitted(address: string, { hosts }: RemoteContentOptions): URL {
  const url = new URL(address)
  if (url.protocol !== 'https:') throw new Error(`${url.protocol.slice(0, -1)} is not HTTPS`)
  if (url.username !== '' || url.password !== '') throw new Error('the address holds a password')
  if (hosts !== undefined && !hosts.includes(url.hostname))
    throw new Error(`${url.hostname} is none of the hosts that content may be fetched from`)
  return url
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the server answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    // Leaving the loop ends the transfer.
    if (size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
