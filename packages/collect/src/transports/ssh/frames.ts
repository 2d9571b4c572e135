/**
 * How answers come back from the remote shell. The stream is nothing but `data K header K data K header K …`: K is a
 * separator drawn at random for the conversation, so no file of the asset can hold it; the header is the answer's number
 * in the conversation, one letter and a text (`3 o`, `4 e head: cannot open …`). Any bytes may stand in the data. Nothing need
 * be known of their length, so a file may grow while it is read.
 */
export interface Frame {
  /** Counts from 1 through all rounds, so that an answer which comes again is none of a later round. */
  readonly number: number
  /** What came of it: one letter, by the functions of `prelude.ts`. */
  readonly code: string
  readonly text: string
  readonly data: Buffer
}

/** What came is no answer of our script. The conversation is of no use any more: what follows could be attributed wrongly. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

export interface FrameLimits {
  readonly maxDataBytes: number
  readonly maxHeaderBytes: number
}

const header = /^([1-9]\d{0,8}) ([a-z])(?: ([\s\S]*))?$/

/** Takes the stream apart, in whatever pieces it comes. It holds no more than one frame, and that is bounded. */
export class FrameReader {
  readonly #separator: Buffer
  readonly #limits: FrameLimits
  #parts: Buffer[] = []
  #size = 0
  /** The end of what came, which may be the beginning of a separator. */
  #carry: Buffer = Buffer.alloc(0)
  /** The data of the frame whose header is being read. */
  #data: Buffer | undefined
  #expected = 1

  constructor(separator: string, limits: FrameLimits) {
    this.#separator = Buffer.from(separator, 'latin1')
    this.#limits = limits
  }

  /** Begins a round: how many answers there were before it. */
  begin(): number {
    if (this.#size + this.#carry.length > 0 || this.#data !== undefined) {
      throw new FrameError('something came after the end of the round')
    }
    return this.#expected - 1
  }

  /** The frames that the chunk completes. Throws a {@link FrameError} for what is none, and is not to be used after. */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let rest = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk])
    this.#carry = Buffer.alloc(0)
    for (;;) {
      const at = rest.indexOf(this.#separator)
      if (at === -1) break
      this.#keep(rest.subarray(0, at))
      rest = rest.subarray(at + this.#separator.length)
      const frame = this.#endPart()
      if (frame !== undefined) frames.push(frame)
    }
    const certain = Math.max(rest.length - this.#separator.length + 1, 0)
    this.#keep(rest.subarray(0, certain))
    // A copy: the chunk may be large, and these few bytes would keep it.
    this.#carry = Buffer.from(rest.subarray(certain))
    return frames
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return
    this.#parts.push(part)
    this.#size += part.length
    const [limit, what] =
      this.#data === undefined ? [this.#limits.maxDataBytes, 'an answer'] : [this.#limits.maxHeaderBytes, 'a header']
    if (this.#size > limit) throw new FrameError(`${what} is longer than ${limit} bytes`)
  }

  #endPart(): Frame | undefined {
    const whole = Buffer.concat(this.#parts, this.#size)
    this.#parts = []
    this.#size = 0
    if (this.#data === undefined) {
      this.#data = whole
      return undefined
    }
    const found = header.exec(whole.toString('utf8'))
    if (found === null) throw new FrameError('a header is none of ours')
    const [, number = '', code = '', text = ''] = found
    if (Number(number) !== this.#expected) {
      throw new FrameError(`answer ${number} came where answer ${this.#expected} was due`)
    }
    const frame = { number: this.#expected, code, text, data: this.#data }
    this.#expected += 1
    this.#data = undefined
    return frame
  }
}
