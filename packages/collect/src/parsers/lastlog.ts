/**
 * lastlog(5): for each user id a record of time, terminal and host. The time has 32 bits where programs of 32 bits ran
 * once (x86), 64 elsewhere, so the size of a record tells which; undefined when it is neither.
 */
export function parseLastlog(bytes: Uint8Array): ((userId: bigint) => bigint) | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wide = bytes.length % narrowRecord !== 0
  if (wide && bytes.length % wideRecord !== 0) return undefined
  const record = wide ? wideRecord : narrowRecord
  return (userId) => {
    const at = userId * BigInt(record)
    if (userId < 0n || at + BigInt(record) > BigInt(bytes.length)) return neverLoggedIn
    return wide ? view.getBigInt64(Number(at), true) : BigInt(view.getInt32(Number(at), true))
  }
}

/** What the referee says of an account that the file does not reach. */
export const neverLoggedIn = -1n

const narrowRecord = 4 + 32 + 256
const wideRecord = 8 + 32 + 256
