import { sql, type Kysely } from 'kysely'
import type { BenchmarkContent, ScapContent } from '@plumbline/scap'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import { compressJson, decompressJson } from './compressed-json.ts'
import { saveStandard, standardOf } from './standards.ts'
import type { StandardOfContent } from './standards.ts'

/** Counts up when the compiled form changes in a way that older rows cannot be read. */
const compiledFormat = 1

/** Content as it is kept: the benchmarks, which nobody need parse again, and what the standards say of themselves. */
export interface CompiledContent {
  readonly digest: string
  readonly fileName: string
  readonly bytes: number
  readonly chunks: readonly Uint8Array[]
  readonly standards: readonly StandardOfContent[]
}

/** A standard of each benchmark as it is, and of each of its profiles. Seconds of computation for the largest files. */
export function compileContent({ digest, fileName, bytes, benchmarks }: ScapContent): CompiledContent {
  return {
    digest,
    fileName,
    bytes,
    chunks: compressJson(JSON.stringify(benchmarks)),
    standards: benchmarks.flatMap((content) =>
      [undefined, ...content.benchmark.profiles.map(({ id }) => id)].map((id) => standardOf(content, id)),
    ),
  }
}

/** Keeps content and points its standards at it; the same file a second time changes nothing. */
export async function addContent(
  tx: Transaction,
  content: CompiledContent,
  into: { readonly folderId: string; readonly predefined: boolean },
): Promise<string[]> {
  const added = await tx
    .insertInto('contents')
    .values({
      digest: content.digest,
      file_name: content.fileName,
      bytes: content.bytes,
      compiled_format: compiledFormat,
    })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returning('digest')
    .executeTakeFirst()
  if (added !== undefined) {
    for (const [seq, body] of content.chunks.entries()) {
      await tx.insertInto('content_chunks').values({ digest: content.digest, seq, body }).execute()
    }
  }
  for (const standard of content.standards) await saveStandard(tx, standard, into)
  return content.standards.map(({ id }) => id)
}

export interface ContentRow {
  readonly digest: string
  readonly fileName: string
  readonly bytes: number
  readonly importedAt: string
  readonly standards: number
}

export async function listContents(db: Kysely<Tables>): Promise<ContentRow[]> {
  const { rows } = await sql<ContentRow>`
    select digest, file_name as "fileName", bytes::float8 as bytes, contents.imported_at as "importedAt",
      (select count(*)::int from standards where content_digest = digest) as standards
    from contents order by contents.imported_at desc, digest`.execute(db)
  return rows
}

/** A benchmark of imported content, ready to be evaluated: no XML is read. */
export async function loadBenchmark(
  db: Kysely<Tables>,
  digest: string,
  benchmarkId: string,
): Promise<{ readonly content: BenchmarkContent; readonly bytes: number }> {
  const row = await db
    .selectFrom('contents')
    .select(['bytes', 'compiled_format'])
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow()
  if (row.compiled_format !== compiledFormat) {
    throw new Error(`content ${digest} was compiled by another release; import its file again`)
  }
  const chunks = await db
    .selectFrom('content_chunks')
    .select('body')
    .where('digest', '=', digest)
    .orderBy('seq')
    .execute()
  // Written by compileContent, in this shape.
  const benchmarks = JSON.parse(decompressJson(chunks.map(({ body }) => body))) as BenchmarkContent[]
  const content = benchmarks.find(({ benchmark }) => benchmark.id === benchmarkId)
  if (content === undefined) throw new Error(`content ${digest} has no benchmark ${benchmarkId}`)
  return { content, bytes: Number(row.bytes) }
}
