import { ContentError } from '../errors.ts'

const CHUNK_BYTES = 1 << 16
const BOMS: readonly (readonly [bytes: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]
/** Encodings we read, by the name a declaration may give them, and the decoder's name. */
const DECODERS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
  'iso-8859-15': 'iso-8859-15',
  'windows-1252': 'windows-1252',
}

/**
 * The text of an XML document, in pieces: by its byte order mark, else by the encoding it declares, else UTF-8.
 * In pieces, because one letter beyond Latin-1 would make a single string of the whole document twice as large.
 */
export function* decodeXml(bytes: Uint8Array, file: string): Generator<string> {
  const { encoding, start } = detectEncoding(bytes, file)
  if (encoding === 'latin1') {
    // Not TextDecoder: its "latin1" is windows-1252.
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = start; at < bytes.length; at += CHUNK_BYTES) yield buffer.toString('latin1', at, at + CHUNK_BYTES)
    return
  }
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  let at = start
  try {
    for (; at < bytes.length; at += CHUNK_BYTES) {
      yield decoder.decode(bytes.subarray(at, at + CHUNK_BYTES), { stream: true })
    }
    yield decoder.decode()
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new ContentError(
      'xml-encoding',
      `the document is not valid ${encoding} (between bytes ${at} and ${Math.min(bytes.length, at + CHUNK_BYTES)}); save it in the encoding that it declares`,
      { file, cause },
    )
  }
}

function detectEncoding(bytes: Uint8Array, file: string): { encoding: string; start: number } {
  for (const [mark, encoding] of BOMS) {
    if (mark.every((byte, i) => bytes[i] === byte)) return { encoding, start: mark.length }
  }
  if (bytes[0] === 0x3c && bytes[1] === 0) return { encoding: 'utf-16le', start: 0 }
  if (bytes[0] === 0 && bytes[1] === 0x3c) return { encoding: 'utf-16be', start: 0 }
  const head = String.fromCharCode(...bytes.subarray(0, 200))
  const declared = /^<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(head)?.[1]?.toLowerCase() ?? 'utf-8'
  // A document that can be read byte by byte up to here is not in UTF-16, whatever it says.
  const encoding = declared.startsWith('utf-16') ? 'utf-8' : Object.hasOwn(DECODERS, declared) && DECODERS[declared]
  if (encoding === false || encoding === undefined) {
    throw new ContentError('xml-encoding', `the encoding "${declared}" is not supported; save the document as UTF-8`, {
      file,
      line: 1,
      column: 1,
    })
  }
  return { encoding, start: 0 }
}
