import { ContentError } from '../errors.ts'

/** Vendors' feeds are large, and compressed by bzip2; more than this comes of none. */
const maxExpandedBytes = 512 * 1024 * 1024

/** The file as it was before it was compressed; one that was not, as it is. */
export function expand(data: Uint8Array, file: string, maxBytes = maxExpandedBytes): Uint8Array {
  return isBzip2(data) ? new Bzip2(data, file, maxBytes).read() : data
}

/** `BZh`, the size of the blocks, and the mark of a block. */
const isBzip2 = (data: Uint8Array): boolean =>
  data.length > 10 && /^BZh[1-9](1AY&SY|\x17rE8P\x90)/.test(Buffer.from(data.subarray(0, 10)).toString('latin1'))

const blockMark = 0x314159265359
const endMark = 0x177245385090
const groupSize = 50

/**
 * Blocks of a Burrows-Wheeler transform, moved to front, run lengths twice, coded by Huffman. Sums are checked, so that
 * what was damaged on its way is not taken for content.
 */
class Bzip2 {
  readonly #data: Uint8Array
  readonly #file: string
  readonly #maxBytes: number
  readonly #chunks: Uint8Array[] = []
  #size = 0
  #at = 0
  #bits = 0
  #held = 0

  constructor(data: Uint8Array, file: string, maxBytes: number) {
    this.#data = data
    this.#file = file
    this.#maxBytes = maxBytes
  }

  /** Streams may follow one another, as parallel compressors write them. */
  read(): Uint8Array {
    while (this.#at < this.#data.length) this.#stream()
    return Buffer.concat(this.#chunks, this.#size)
  }

  #stream(): void {
    if (this.#take(24) !== 0x425a68) this.#refuse('it is damaged')
    const level = this.#take(8) - 0x30
    if (level < 1 || level > 9) this.#refuse('it is damaged')
    let combined = 0
    for (;;) {
      const mark = this.#take(24) * 0x1000000 + this.#take(24)
      const sum = this.#take(16) * 0x10000 + this.#take(16)
      if (mark === endMark) {
        if (sum !== combined >>> 0) this.#refuse('its sum is wrong')
        this.#held = 0
        return
      }
      if (mark !== blockMark) this.#refuse('it is damaged')
      if (this.#block(level * 100_000) !== sum) this.#refuse('the sum of a block is wrong')
      combined = ((combined << 1) | (combined >>> 31)) ^ sum
    }
  }

  #block(maxLength: number): number {
    if (this.#take(1) === 1) this.#refuse('it is of a kind that nobody writes any more (randomised)')
    const origin = this.#take(24)
    const used = this.#usedBytes()
    const tables = this.#selectTables(used.length + 2)
    const counts = new Int32Array(256)
    const transformed = new Uint32Array(maxLength)
    let length = 0
    let run = 0
    let weight = 1
    const append = (byte: number, times: number): void => {
      if (length + times > maxLength) this.#refuse('a block is too long')
      counts[byte] = (counts[byte] ?? 0) + times
      transformed.fill(byte, length, length + times)
      length += times
    }
    const end = used.length + 1
    for (let symbol = tables(); ; symbol = tables()) {
      // Digits of a run's length, in a system without a zero.
      if (symbol <= 1) {
        run += weight << symbol
        weight <<= 1
        if (run > maxLength) this.#refuse('a run is too long')
        continue
      }
      if (run > 0) append(used[0]!, run)
      run = 0
      weight = 1
      if (symbol === end) break
      const [byte = 0] = used.splice(symbol - 1, 1)
      used.unshift(byte)
      append(byte, 1)
    }
    if (length === 0) return 0
    if (origin >= length) this.#refuse('it is damaged')
    return this.#restore(transformed, length, counts, origin)
  }

  #usedBytes(): number[] {
    const groups = this.#take(16)
    const used: number[] = []
    for (let group = 0; group < 16; group += 1) {
      if ((groups & (0x8000 >> group)) === 0) continue
      const bytes = this.#take(16)
      for (let byte = 0; byte < 16; byte += 1) if ((bytes & (0x8000 >> byte)) !== 0) used.push(group * 16 + byte)
    }
    if (used.length === 0) this.#refuse('it is damaged')
    return used
  }

  /** What gives the next symbol: every fifty of them another of up to six tables counts. */
  #selectTables(symbols: number): () => number {
    const tableCount = this.#take(3)
    const selectorCount = this.#take(15)
    if (tableCount < 2 || tableCount > 6 || selectorCount === 0) this.#refuse('it is damaged')
    const order = Array.from({ length: tableCount }, (_, at) => at)
    const selectors = Array.from({ length: selectorCount }, () => {
      let place = 0
      while (this.#take(1) === 1) if ((place += 1) >= tableCount) this.#refuse('it is damaged')
      const [chosen = 0] = order.splice(place, 1)
      order.unshift(chosen)
      return chosen
    })
    const tables = Array.from({ length: tableCount }, () => this.#readTable(symbols))
    let left = 0
    let selector = -1
    let table = tables[0]!
    return () => {
      if (left === 0) {
        const chosen = selectors[(selector += 1)]
        if (chosen === undefined) this.#refuse('it is damaged')
        table = tables[chosen!]!
        left = groupSize
      }
      left -= 1
      return this.#symbol(table)
    }
  }

  #readTable(symbols: number): Table {
    let length = this.#take(5)
    const lengths = Array.from({ length: symbols }, () => {
      for (;;) {
        if (length < 1 || length > 20) this.#refuse('it is damaged')
        if (this.#take(1) === 0) return length
        length += this.#take(1) === 0 ? 1 : -1
      }
    })
    const byLength = Array.from({ length: 21 }, (_, at) => lengths.flatMap((one, symbol) => (one === at ? symbol : [])))
    const first = new Int32Array(22)
    for (let at = 1; at <= 20; at += 1) first[at + 1] = ((first[at] ?? 0) + byLength[at]!.length) << 1
    return { byLength, first }
  }

  /** Codes of one length follow one another, so that the length and the place in it are enough. */
  #symbol({ byLength, first }: Table): number {
    let code = 0
    for (let length = 1; length <= 20; length += 1) {
      code = (code << 1) | this.#take(1)
      const symbol = byLength[length]![code - first[length]!]
      if (symbol !== undefined) return symbol
    }
    return this.#refuse('it is damaged')
  }

  /** Undoes the transform and the runs of before it, and answers the sum. */
  #restore(transformed: Uint32Array, length: number, counts: Int32Array, origin: number): number {
    let total = 0
    const starts = counts.map((count) => (total += count) - count)
    for (let at = 0; at < length; at += 1) {
      const byte = transformed[at]! & 0xff
      // The upper bits of each place point at the one that follows it.
      const place = starts[byte]!
      starts[byte] = place + 1
      transformed[place] = (transformed[place]! & 0xff) | (at << 8)
    }
    let out = Buffer.allocUnsafe(length * 2)
    let size = 0
    let sum = 0xffffffff
    let same = 0
    let last = -1
    let at = transformed[origin]! >>> 8
    for (let left = length; left > 0; left -= 1) {
      const entry = transformed[at]!
      const byte = entry & 0xff
      at = entry >>> 8
      // Four of the same are followed by the number of more of them.
      const times = same === 4 ? byte : 1
      const written = same === 4 ? last : byte
      if (size + times > out.length) out = Buffer.concat([out], Math.max(out.length * 2, size + times))
      for (let time = 0; time < times; time += 1) {
        out[(size += 1) - 1] = written
        sum = (sum << 8) ^ sums[((sum >>> 24) ^ written) & 0xff]!
      }
      if (same === 4) {
        same = 0
        last = -1
      } else {
        same = byte === last ? same + 1 : 1
        last = byte
      }
    }
    this.#size += size
    if (this.#size > this.#maxBytes) this.#refuse(`it has more than ${this.#maxBytes} bytes`)
    this.#chunks.push(out.subarray(0, size))
    return ~sum >>> 0
  }

  #take(count: number): number {
    while (this.#held < count) {
      const byte = this.#data[(this.#at += 1) - 1]
      if (byte === undefined) this.#refuse('it ends too early')
      // What lies above the held bits was taken before.
      this.#bits = ((this.#bits & ((1 << this.#held) - 1)) << 8) | byte!
      this.#held += 8
    }
    this.#held -= count
    return (this.#bits >>> this.#held) & ((1 << count) - 1)
  }

  #refuse(why: string): never {
    throw new ContentError('content-invalid', `${this.#file} cannot be expanded (bzip2): ${why}`, { file: this.#file })
  }
}

interface Table {
  readonly byLength: readonly (readonly number[])[]
  readonly first: Int32Array
}

/** The table of CRC-32 with its highest bit first. */
const sums = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24
  for (let bit = 0; bit < 8; bit += 1) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  return sum >>> 0
})
