import { Failure } from './failure.ts'

/**
 * The moment that results bear. `SOURCE_DATE_EPOCH` (seconds since 1970) sets it, as reproducible builds have it, so that
 * the same evidence gives the same files.
 */
export function currentTime(environment: NodeJS.ProcessEnv = process.env): Date {
  const fixed = environment['SOURCE_DATE_EPOCH']
  if (fixed === undefined || fixed === '') return new Date()
  if (!/^\d{1,11}$/.test(fixed)) throw new Failure(`SOURCE_DATE_EPOCH is not a number of seconds: ${fixed}`)
  return new Date(Number(fixed) * 1000)
}
