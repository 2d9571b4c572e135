import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import ssh2 from 'ssh2'
import { openSshSession, TransportError } from '@plumbline/collect'

/**
 * A remote that says what it likes. It knows the separator, for it is told: what it says of itself may be a lie, but an
 * answer must be the one that it gave to this very request, or none.
 */
interface Remote {
  /** Of each round, in the order in which they are sent; a frame is what an honest shell would send for the call of that number. */
  readonly rounds: readonly (readonly Piece[])[]
  readonly compressed: boolean
  /** How many bytes of it are kept back at the end. */
  readonly cut: number
  /** It is sent in pieces of so many bytes. */
  readonly chunk: number
  readonly ends: boolean
}

type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'frame'; readonly number: number; readonly code: string; readonly data: string }
  /** `stale`: what an honest shell would have said in the round before. */
  | { readonly kind: 'echo' | 'honest' | 'separator' | 'stale' }

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ kind: 'bytes', bytes }) as const),
  fc.constantFrom({ kind: 'echo' } as const, { kind: 'separator' } as const),
  { weight: 2, arbitrary: fc.constant({ kind: 'stale' } as const) },
  fc.record({
    kind: fc.constant('frame' as const),
    number: fc.integer({ min: 0, max: 5 }),
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
  cut: fc.oneof(fc.constant(0), fc.nat(60)),
  chunk: fc.constantFrom(1, 7, 1000),
  ends: fc.boolean(),
})

const said = (...rounds: readonly ('honest' | 'stale')[][]): Remote => ({
  rounds: rounds.map((kinds) => kinds.map((kind) => ({ kind }))),
  compressed: false,
  cut: 0,
  chunk: 1000,
  ends: false,
})

let behaviour: Remote
/** What each file was said to hold in this round, whatever else was sent. */
let given = new Map<string, Set<string>>()
let round = 0
let server: ssh2.Server
let port = 0
const paths = ['/a', '/b', '/c']

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

const pathIn = (call = ''): string => /'(.*)'/.exec(call)?.[1] ?? ''

/** What a shell says that does as it is told. */
function honestly(separator: string, first: number, calls: readonly string[]): string {
  const answers = calls.map((call, index) => {
    const content = `content of ${pathIn(call)} in round ${round}`
    given.get(pathIn(call))?.add(content)
    return frame(separator, first + index + 1, 'o', content)
  })
  return answers.join('') + frame(separator, first + calls.length + 1, 'z', '')
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
  const { rounds, compressed, cut, chunk, ends } = behaviour
  const text = (one: Piece): Buffer => {
    if (one.kind === 'bytes') return Buffer.from(one.bytes)
    if (one.kind === 'echo') return Buffer.from(asked.calls.join('\n'))
    if (one.kind === 'separator') return Buffer.from(asked.separator)
    if (one.kind === 'stale') return Buffer.from(asked.before)
    if (one.kind !== 'frame') return Buffer.from(asked.honest)
    given.get(pathIn(asked.calls[one.number - 1]))?.add(one.data)
    return Buffer.from(frame(asked.separator, asked.first + one.number, one.code, one.data))
  }
  const all = Buffer.concat((rounds[round - 1] ?? []).map(text))
  const sent = compressed ? gzipSync(all) : all
  const kept = sent.subarray(0, Math.max(0, sent.length - cut))
  for (let at = 0; at < kept.length; at += chunk) {
    if (!channel.writable) return
    channel.write(kept.subarray(at, at + chunk))
    if (at % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  if (ends) channel.end()
}

test(
  'whatever a remote sends, each request ends, and with nothing that was not given to it',
  { timeout: 120_000 },
  async (t) => {
    let answered = 0
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
            given = new Map(paths.map((path) => [path, new Set<string>()]))
            const asked = paths.map((path) => session.readText(path))
            const others = [session.status('/d'), session.list('/e'), session.readLink('/f'), session.run(['id'])]
            const [settled, ended] = await Promise.all([Promise.allSettled(asked), Promise.allSettled<unknown>(others)])
            // What was given to these is hardly ever an answer of theirs; they end all the same.
            for (const outcome of ended) {
              if (outcome.status === 'rejected')
                assert.ok(outcome.reason instanceof TransportError, String(outcome.reason))
            }
            for (const [index, outcome] of settled.entries()) {
              if (outcome.status === 'rejected') {
                failed += 1
                assert.ok(outcome.reason instanceof TransportError, String(outcome.reason))
              } else if (outcome.value !== undefined) {
                answered += 1
                const values = [...(given.get(paths[index] ?? '') ?? [])]
                // Bytes before a frame are part of its data: a lie, but one about this request.
                assert.ok(
                  values.some((value) => outcome.value?.endsWith(value)),
                  `round ${round}: ${paths[index]} is ${outcome.value}`,
                )
              }
            }
          }
        } finally {
          await session.close()
        }
      }),
      { numRuns: 40, examples: [[said(['honest'], ['stale'], ['honest'])]] },
    )
    assert.ok(answered > 0 && failed > 0, `${answered} answered, ${failed} failed`)
    t.diagnostic(`${answered} answered, ${failed} failed`)
  },
)
