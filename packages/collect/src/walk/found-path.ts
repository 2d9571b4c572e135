import type { FileStatus } from '../session.ts'

/** A file or directory that an object asks for. `filename` undefined: the directory itself. */
export interface FoundPath {
  readonly path: string
  readonly filename: string | undefined
  /** Where the walk knows it already. */
  readonly status?: FileStatus
}

export function fullPath({ path, filename }: Pick<FoundPath, 'filename' | 'path'>): string {
  if (filename === undefined) return path
  return path === '/' ? `/${filename}` : `${path}/${filename}`
}

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

/** A file by its whole path. */
export function asFile(filepath: string): FoundPath {
  return { path: parentOf(filepath), filename: filepath.slice(filepath.lastIndexOf('/') + 1) }
}

/** In the order of their paths, each once. */
export function inOrder(found: readonly FoundPath[]): FoundPath[] {
  const byPath = new Map(found.map((one) => [`${one.filename === undefined ? 'd' : 'f'} ${fullPath(one)}`, one]))
  return [...byPath].sort(([one], [other]) => (one.slice(2) < other.slice(2) ? -1 : 1)).map(([, one]) => one)
}
