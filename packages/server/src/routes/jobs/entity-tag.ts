import { RequestError } from '../../errors.ts'

/** A job's revision as HTTP knows it. */
export function etagOf(revision: string): string {
  return `"${revision}"`
}

/**
 * RFC 9110, section 13.1.1: `*`, or a list of entity tags compared strongly, so that a weak one never matches. A header
 * that is no such list matches nothing.
 */
export function refuseIfStale(ifMatch: string | undefined, revision: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  if (!tags.includes(etagOf(revision))) throw new RequestError('precondition-failed')
}
