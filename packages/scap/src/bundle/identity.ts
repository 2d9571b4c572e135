import { createHash } from 'node:crypto'

/** The namespace of our version 5 UUIDs (RFC 9562, 5.5): itself one, of the DNS namespace and `plumbline.scap`. */
const namespace = uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'plumbline.scap')

/** The GUID of a standard: the same on every server, whatever the release of its content. */
export function standardGuid(benchmarkId: string, profileId: string | undefined): string {
  return uuid5(namespace, `standard ${benchmarkId} ${profileId ?? ''}`)
}

/** The GUID of a check. */
export function checkGuid(ruleId: string): string {
  return uuid5(namespace, `check ${ruleId}`)
}

function uuid5(space: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(space.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
