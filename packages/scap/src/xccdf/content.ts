import type { CpeContent } from '../cpe/model.ts'
import type { OvalContent } from '../oval/model/content.ts'
import type { Benchmark } from './model/benchmark.ts'

/** A benchmark with all that it needs to be evaluated, and nothing else: plain data, to be kept as JSON. */
export interface BenchmarkContent {
  /** SHA-256 of the file it came from, in hexadecimal. */
  readonly digest: string
  readonly fileName: string
  /** Where it is in a data stream collection, which may have several of one id. */
  readonly dataStream?: { readonly id: string; readonly referenceId: string }
  readonly benchmark: Benchmark
  /** OVAL documents by the name under which checks refer to them. */
  readonly oval: Readonly<Record<string, OvalContent>>
  /** Scripts (SCE) by the name under which checks refer to them. */
  readonly scripts?: Readonly<Record<string, string>>
  /** Why a document that checks refer to is not here. */
  readonly missing: Readonly<Record<string, string>>
  readonly cpe: CpeContent
  /** OVAL documents by the name under which the dictionary and the platforms refer to them. */
  readonly cpeOval: Readonly<Record<string, OvalContent>>
}
