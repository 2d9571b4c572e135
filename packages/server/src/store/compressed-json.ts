import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** The embedded database takes 0.3 s for a value of 1 MB and does not get faster with size. */
const chunkBytes = 512 * 1024

/** A document as it is kept: JSON, zstd, in chunks. */
export function compressJson(text: string): Uint8Array[] {
  const compressed = zstdCompressSync(text)
  const chunks: Uint8Array[] = []
  for (let start = 0; start < compressed.length; start += chunkBytes) {
    chunks.push(compressed.subarray(start, start + chunkBytes))
  }
  return chunks
}

/** The text of a document whose chunks are given in their order. */
export function decompressJson(chunks: readonly Uint8Array[]): string {
  return zstdDecompressSync(Buffer.concat(chunks)).toString('utf8')
}
