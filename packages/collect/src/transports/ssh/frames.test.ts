import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameError, FrameReader, type Frame } from './frames.ts'

const separator = 'x0123456789abcdef0123456789abcdef'
const limits = { maxDataBytes: 10_000, maxHeaderBytes: 1000 }

const encode = (frames: readonly Omit<Frame, 'number'>[]): Buffer =>
  Buffer.concat(
    frames.map(({ data, code, text }, index) =>
      Buffer.concat([
        data,
        Buffer.from(`${separator}${index + 1} ${code}${text === '' ? '' : ` ${text}`}${separator}`),
      ]),
    ),
  )

/** Cuts bytes at the given places, wherever they fall. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end))
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  // What looks like our own: pieces of the separator, and headers without one.
  fc
    .array(
      fc.constantFrom(separator.slice(0, 32), separator.slice(1), separator.slice(0, 8), '1 o', '\0', '\n', '\xff'),
    )
    .map((parts) => Buffer.from(parts.join(' '), 'latin1')),
)
const frame = fc.record({
  data: bytes.map((one) => Buffer.from(one)).filter((one) => !one.includes(separator)),
  code: fc.constantFrom('o', 'e', 'z'),
  text: fc.string({ maxLength: 50 }),
})

test('any bytes in any pieces arrive as they were sent', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(5000), { maxLength: 20 }), (frames, places) => {
      const reader = new FrameReader(separator, limits)
      const arrived = cut(encode(frames), places).flatMap((chunk) => reader.push(chunk))
      assert.deepEqual(
        arrived,
        frames.map((one, index) => ({ number: index + 1, ...one })),
      )
    }),
    { numRuns: 500 },
  )
})

test('whatever comes, the reader answers or refuses, and never makes an answer up', () => {
  const piece = fc.oneof(
    bytes.map((one) => Buffer.from(one)),
    fc
      .constantFrom(separator, `${separator}1 o${separator}`, `${separator}2 o${separator}`, ' e ')
      .map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const whole = new FrameReader(separator, limits)
      const piecewise = new FrameReader(separator, limits)
      const read = (reader: FrameReader, chunks: readonly Buffer[]): Frame[] => {
        const frames: Frame[] = []
        try {
          for (const chunk of chunks) frames.push(...reader.push(chunk))
        } catch (error) {
          assert.ok(error instanceof FrameError)
          return []
        }
        return frames
      }
      const all = Buffer.concat(pieces)
      const bytewise = Array.from(all, (byte) => Buffer.from([byte]))
      const frames = read(whole, [all])
      assert.deepEqual(read(piecewise, bytewise), frames)
      for (const [index, { number, data }] of frames.entries()) {
        assert.equal(number, index + 1)
        assert.ok(!data.includes(separator))
      }
    }),
    { numRuns: 500 },
  )
})

test('an answer that is too long, out of order or without a header ends the conversation', () => {
  const refuses = (text: string, message: RegExp): void =>
    assert.throws(() => new FrameReader(separator, limits).push(Buffer.from(text)), message)
  refuses('x'.repeat(10_100), /an answer is longer than 10000 bytes/)
  refuses(`${separator}${'1'.repeat(1100)}`, /a header is longer than 1000 bytes/)
  refuses(`${separator}2 o${separator}`, /answer 2 came where answer 1 was due/)
  refuses(`${separator}nonsense${separator}`, /none of ours/)
  const reader = new FrameReader(separator, limits)
  reader.push(Buffer.from('left over'))
  assert.throws(() => reader.begin(), /after the end of the round/)
})
