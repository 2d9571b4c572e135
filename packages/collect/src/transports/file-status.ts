import type { BigIntStats } from 'node:fs'
import type { FileKind, FileStatus } from '../session.ts'

/** What Node's directory entries and file statuses have in common. */
interface Kinds {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
  isBlockDevice(): boolean
  isCharacterDevice(): boolean
}

export function kindOf(entry: Kinds): FileKind {
  if (entry.isFile()) return 'regular'
  if (entry.isDirectory()) return 'directory'
  if (entry.isSymbolicLink()) return 'symbolic link'
  if (entry.isFIFO()) return 'fifo'
  if (entry.isSocket()) return 'socket'
  if (entry.isBlockDevice()) return 'block special'
  return entry.isCharacterDevice() ? 'character special' : 'unknown'
}

const second = 1_000_000_000n

export function asStatus(stats: BigIntStats): FileStatus {
  return {
    kind: kindOf(stats),
    mode: Number(stats.mode & 0o7777n),
    userId: Number(stats.uid),
    groupId: Number(stats.gid),
    size: stats.size,
    accessed: stats.atimeNs / second,
    modified: stats.mtimeNs / second,
    changed: stats.ctimeNs / second,
    device: stats.dev.toString(),
    inode: stats.ino.toString(),
  }
}
