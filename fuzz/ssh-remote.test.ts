import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import ssh2 from 'ssh2'
import {
  openSshSession,
  TransportError,
  type DirectoryEntry,
  type FoundEntry,
  type SshSession,
} from '@plumbline/collect'

/**
 * A remote that says what it likes. It knows the separator, for it is told: what it says of itself may be a lie, but an
 * answer must be the one that it gave to this very request, or none.
 */
interface Remote {
  /** Of each round, in the order in which they are sent; a frame is what an honest shell would send for the call of that number. */
  readonly rounds: readonly (readonly Piece[])[]
  readonly compressed: boolean
  /** A byte of what is sent that is changed, and what follows; of compressed data too. */
  readonly damage: number | undefined
  readonly tail: Uint8Array
  /** How many bytes of it are kept back at the end. */
  readonly cut: number
  /** It is sent in pieces of so many bytes, one after the other and from the first again. */
  readonly chunks: readonly number[]
  readonly ends: boolean
}

type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'frame'; readonly number: number; readonly code: string; readonly data: string }
  /** `stale`: what an honest shell would have said in the round before; `reversed`: the honest answers, the last first. */
  | { readonly kind: 'echo' | 'honest' | 'reversed' | 'separator' | 'stale' }

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ kind: 'bytes', bytes }) as const),
  fc.constantFrom({ kind: 'echo' } as const, { kind: 'separator' } as const),
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'stale' } as const, { kind: 'reversed' } as const) },
  fc.record({
    kind: fc.constant('frame' as const),
    number: fc.integer({ min: 0, max: 11 }),
    code: fc.constantFrom('o', 'e', 'z', 'w', 'r', 'd', 'x', 'l', 'Z', ''),
    data: fc.string({ maxLength: 20 }),
  }),
  { weight: 4, arbitrary: fc.constant({ kind: 'honest' } as const) },
)
const pieces = fc.oneof(
  { weight: 2, arbitrary: fc.constant([{ kind: 'honest' } as const]) },
  fc.array(piece, { maxLength: 4 }),
)
const remote: fc.Arbitrary<Remote> = fc.record({
  rounds: fc.tuple(pieces, pieces, pieces),
  compressed: fc.boolean(),
  damage: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.nat(2000)),
  tail: fc.oneof({ weight: 5, arbitrary: fc.constant(new Uint8Array()) }, fc.uint8Array({ maxLength: 30 })),
  cut: fc.oneof(fc.constant(0), fc.nat(60)),
  chunks: fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant(1000)), { minLength: 1, maxLength: 6 }),
  ends: fc.boolean(),
})

const said = (...rounds: readonly ('honest' | 'stale')[][]): Remote => ({
  rounds: rounds.map((kinds) => kinds.map((kind) => ({ kind }))),
  compressed: false,
  damage: undefined,
  tail: new Uint8Array(),
  cut: 0,
  chunks: [1000],
  ends: false,
})

/** Requests whose answers are held to what was given to them; in each the text that its call has in quotes. */
const asks: Readonly<Record<string, (session: SshSession) => Promise<unknown>>> = {
  '/a': (session) => session.readText('/a'),
  '/b': (session) => session.readBytes('/b'),
  '/c': (session) => session.readText('/c'),
  '/d': (session) => session.status('/d'),
  '/e': (session) => session.list('/e'),
  '/f': (session) => session.readLink('/f'),
  '/g': (session) => session.find({ start: '/g', barred: [], where: { all: [] }, limit: 10 }),
  '/h': (session) => session.list('/h'),
  id: (session) => session.run(['id']),
}

let behaviour: Remote
/** The data that each request was given in this round, whatever else was sent. */
let given = new Map<string, Set<string>>()
let round = 0
let unique = 0
/** Sent instead of any answer. */
let bombs: Buffer | undefined

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
let server: ssh2.Server
let port = 0

before(async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const hostKey = privateKey.export({ format: 'pem', type: 'pkcs1' })
  server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => undefined)
    client.on('authentication', (context) => context.accept())
    client.on('session', (accept) => accept().on('exec', (take, _refuse, { command }) => serve(take(), command)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => server.close())

function serve(channel: ssh2.ServerChannel, command: string): void {
  const { compressed } = behaviour
  const [, ready = ''] = /echo (plumbline-\w+)/.exec(command) ?? []
  channel.on('error', () => undefined)
  channel.write(`${ready} 4242 ${compressed ? 'gzip ' : ''}gnu .\n`)
  let said = ''
  let separator = ''
  let before = ''
  channel.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
    separator = /^_k=(\w+)/m.exec(said)?.[1] ?? separator
    const [, first, script] = /\{ _n=(\d+)\n([\s\S]*?)\n_a z; \}[^\n]*\n/.exec(said) ?? []
    if (first === undefined || script === undefined) return
    said = ''
    const calls = script.split('\n')
    const honest = honestly(separator, Number(first), calls)
    void answer(channel, { separator, first: Number(first), calls, honest, before })
    before = honest
  })
}

const frame = (separator: string, number: number, code: string, data: string): string =>
  `${data}${separator}${number} ${code}${separator}`

const keyIn = (call = ''): string => /'([^']*)'/.exec(call)?.[1] ?? ''

/** What a shell says that does as it is told. */
function honestly(separator: string, first: number, calls: readonly string[]): string {
  const answers = calls.map((call, index) => {
    const { code, data } = honestAnswer(call)
    given.get(keyIn(call))?.add(data)
    return frame(separator, first + index + 1, code, data)
  })
  return answers.join('') + frame(separator, first + calls.length + 1, 'z', '')
}

/** Of a number that is used once, so that it is known whose answer it is. */
function honestAnswer(call: string): { readonly code: string; readonly data: string } {
  const key = keyIn(call)
  unique += 1
  switch (/^_\w+/.exec(call)?.[0] ?? '') {
    case '_stats': {
      const paths = [...call.matchAll(/'([^']*)'/g)].map(([, path]) => path)
      return { code: 'o', data: paths.map((path) => `81a4 0 0 ${unique} 1 1 1 1 1 ${path}\n`).join('') }
    }
    case '_list':
      return { code: 'o', data: `fname ${unique}/dfolder ${unique}/` }
    case '_find':
      return { code: 'w ,,0,\n0', data: `0 f 644 0 0 ${unique} 1.0 1.0 1.0 1 1 ${key}/${unique}\0` }
    case '_run':
      return { code: 'r \n0', data: `output ${unique}` }
    default:
      return { code: 'o', data: `content ${unique} of ${key} in round ${round}` }
  }
}

/** Bytes before a frame are part of its data: a lie, but one about this request. */
function isFrom(value: unknown, data: string): boolean {
  if (typeof value === 'string') return value.endsWith(data)
  if (value instanceof Uint8Array) return Buffer.from(value).toString().endsWith(Buffer.from(data).toString())
  if (Array.isArray(value))
    return (value as DirectoryEntry[]).every(({ name }) => data.includes(name) || name !== name.trim())
  const { stdout, entries, size } = value as { stdout?: Uint8Array; entries?: FoundEntry[]; size?: bigint }
  if (stdout !== undefined) return isFrom(stdout, data)
  if (entries !== undefined) return entries.every(({ path }) => data.includes(path))
  return data.includes(` ${size} `)
}

interface Asked {
  readonly separator: string
  /** The number before the first of its answers. */
  readonly first: number
  readonly calls: readonly string[]
  readonly honest: string
  readonly before: string
}

async function answer(channel: ssh2.ServerChannel, asked: Asked): Promise<void> {
  if (bombs !== undefined) return void channel.write(bombs)
  const { rounds, compressed, damage, tail, cut, chunks, ends } = behaviour
  const text = (one: Piece): Buffer => {
    if (one.kind === 'bytes') return Buffer.from(one.bytes)
    if (one.kind === 'echo') return Buffer.from(asked.calls.join('\n'))
    if (one.kind === 'separator') return Buffer.from(asked.separator)
    if (one.kind === 'stale') return Buffer.from(asked.before)
    if (one.kind === 'reversed') {
      const parts = asked.honest.split(asked.separator)
      const frames = parts.slice(0, -1).flatMap((data, at) => (at % 2 === 0 ? [[data, parts[at + 1]]] : []))
      return Buffer.from(
        frames
          .toReversed()
          .flat()
          .map((part) => part + asked.separator)
          .join(''),
      )
    }
    if (one.kind !== 'frame') return Buffer.from(asked.honest)
    given.get(keyIn(asked.calls[one.number - 1]))?.add(one.data)
    return Buffer.from(frame(asked.separator, asked.first + one.number, one.code, one.data))
  }
  const all = Buffer.concat((rounds[round - 1] ?? []).map(text))
  const sent = Buffer.concat([compressed ? gzipSync(all) : all, tail])
  // Of what is not compressed, damage is a lie like others, of which nobody could tell.
  if (damage !== undefined && compressed && sent.length > 0) sent[damage % sent.length]! ^= 0x55
  const kept = sent.subarray(0, Math.max(0, sent.length - cut))
  let at = 0
  for (let piece = 0; at < kept.length; piece += 1) {
    if (!channel.writable) return
    const bytes = chunks[piece % chunks.length] ?? 1
    channel.write(kept.subarray(at, at + bytes))
    at += bytes
    if (piece % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  if (ends) channel.end()
}

test(
  'whatever a remote sends, each request ends, and with nothing that was not given to it',
  { timeout: 120_000 },
  async (t) => {
    const answered = new Map<string, number>()
    let failed = 0
    await fc.assert(
      fc.asyncProperty(remote, async (one) => {
        behaviour = one
        const session = await openSshSession({
          target: { host: '127.0.0.1', port, user: 'any', credentials: { password: 'any' } },
          hostKeys: { knownTypes: () => [], check: () => 'approved', approve: () => undefined },
          idleTimeoutMs: 60,
          shellTimeoutMs: 2000,
        })
        try {
          // What is left over of one round, or said again, must not be taken for the next.
          for (round of [1, 2, 3]) {
            given = new Map(Object.keys(asks).map((key) => [key, new Set<string>()]))
            const settled = await Promise.allSettled(Object.values(asks).map((ask) => ask(session)))
            for (const [index, outcome] of settled.entries()) {
              const key = Object.keys(asks)[index] ?? ''
              if (outcome.status === 'rejected') {
                failed += 1
                assert.ok(outcome.reason instanceof TransportError, String(outcome.reason))
              } else if (outcome.value !== undefined) {
                answered.set(key, (answered.get(key) ?? 0) + 1)
                assert.ok(
                  [...(given.get(key) ?? [])].some((data) => isFrom(outcome.value, data)),
                  `round ${round}: ${key} is ${inspect(outcome.value)}`,
                )
              }
            }
          }
        } finally {
          await session.close()
        }
      }),
      {
        numRuns: 60,
        examples: [[said(['honest'], ['stale'], ['honest'])], [said(['honest'], ['honest'], ['honest'])]],
      },
    )
    for (const key of Object.keys(asks)) assert.ok((answered.get(key) ?? 0) >= 3, `${key} was hardly answered`)
    assert.ok(failed > 0)
    t.diagnostic(`${[...answered].map(([key, count]) => `${key} ${count}`).join(', ')} answered; ${failed} failed`)
  },
)

test('what inflates to more than an answer may be ends the conversation, and takes no more memory than that', async () => {
  // A thousand times as much as is sent.
  const bomb = gzipSync(Buffer.alloc(150 * 1024 * 1024))
  bombs = bomb
  behaviour = { ...said(['honest']), compressed: true }
  try {
    const session = await openSshSession({
      target: { host: '127.0.0.1', port, user: 'any', credentials: { password: 'any' } },
      hostKeys: { knownTypes: () => [], check: () => 'approved', approve: () => undefined },
      maxFileBytes: 1_000_000,
      maxOutputBytes: 1_000_000,
    })
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const look = (): void => {
      const held = (): number => process.memoryUsage().arrayBuffers - before
      // What nobody holds any more is not counted.
      if (held() > 10_000_000) collectGarbage()
      most = Math.max(most, held())
    }
    const watch = setInterval(look, 5)
    try {
      await assert.rejects(session.readText('/a'), { code: 'connection-lost', message: /longer than 1000001 bytes/ })
      await new Promise((resolve) => setTimeout(resolve, 1500))
      look()
    } finally {
      clearInterval(watch)
      await session.close()
    }
    assert.ok(most < 10_000_000, `${most} bytes`)
  } finally {
    bombs = undefined
  }
})
