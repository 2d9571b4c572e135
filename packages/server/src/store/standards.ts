import { sql, type Kysely, type RawBuilder } from 'kysely'
import { renderText, resolveProfile, standardGuid } from '@plumbline/scap'
import type { BenchmarkContent } from '@plumbline/scap'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import { byLowerCase, compareText, isBelow, type Comparison } from './search-conditions.ts'

/** The type id of UNIX machines as a target of standards: SCAP content of other systems is not told apart yet. */
const unixMachines = '97546792-56b0-4020-9d88-f8786371f2d9'

/** A profile of a benchmark, or the benchmark as it is, in the words of its content. */
export interface StandardOfContent {
  readonly id: string
  readonly contentDigest: string
  readonly benchmarkId: string
  readonly profileId: string | null
  readonly title: string
  readonly description: string
  readonly version: string
  readonly author: string
  readonly ruleCount: number
}

export function standardOf({ benchmark, digest }: BenchmarkContent, profileId: string | undefined): StandardOfContent {
  const profile = resolveProfile(benchmark, profileId)
  const benchmarkTitle = renderText(benchmark.title)
  return {
    id: standardGuid(benchmark.id, profileId),
    contentDigest: digest,
    benchmarkId: benchmark.id,
    profileId: profileId ?? null,
    title: profileId === undefined ? benchmarkTitle : `${benchmarkTitle}: ${profile.title}`,
    description: profile.description,
    version: benchmark.version,
    author: benchmark.publisher,
    ruleCount: profile.rules.filter(({ selected }) => selected).length,
  }
}

/** Points a standard at its content; the newest import of a benchmark wins. */
export async function saveStandard(
  tx: Transaction,
  standard: StandardOfContent,
  into: { readonly folderId: string; readonly predefined: boolean },
): Promise<void> {
  const values = {
    content_digest: standard.contentDigest,
    benchmark_id: standard.benchmarkId,
    profile_id: standard.profileId,
    title: standard.title,
    description: standard.description,
    version: standard.version,
    author: standard.author,
    target_type_ids: JSON.stringify([unixMachines]),
    rule_count: standard.ruleCount,
  }
  await tx
    .insertInto('standards')
    .values({ id: standard.id, ...values, folder_id: into.folderId, predefined: into.predefined })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        ...values,
        imported_at: sql`now()`,
        // Leave is given for scripts that somebody has looked at: others need it again.
        allows_scripts: sql`standards.allows_scripts and standards.content_digest = excluded.content_digest`,
      }),
    )
    .execute()
}

/** Lets scripts of its content run for a standard of a folder that the caller may change, or not; undefined when there is none. */
export async function setScripts(
  tx: Transaction,
  id: string,
  allowed: boolean,
  permitted: readonly string[],
): Promise<{ title: string; version: string; contentDigest: string } | undefined> {
  const { rows } = await sql<{ title: string; version: string; contentDigest: string }>`
    update standards set allows_scripts = ${allowed}
    from folders
    where standards.id = ${id} and folders.id = standards.folder_id and ${isBelow(sql`folders.path_key`, permitted)}
    returning title, version, content_digest as "contentDigest"`.execute(tx)
  return rows[0]
}

export interface Standard {
  readonly id: string
  readonly displayName: string
  readonly version: string
  readonly author: string
  readonly path: string
  readonly targetTypeIds: readonly string[]
  readonly ruleCount: number
}

export interface StandardSearch {
  readonly conditions: readonly (Comparison & { readonly attribute: string })[]
  readonly container: string
  readonly subtree: boolean
  readonly permitted: readonly string[]
}

export async function searchStandards(db: Kysely<Tables>, search: StandardSearch): Promise<Standard[]> {
  const folder = sql`folders.path_key`
  const container = search.container.toLowerCase()
  const { rows } = await sql<Standard>`
    select standards.id, title as "displayName", version, author, folders.path,
      target_type_ids as "targetTypeIds", rule_count as "ruleCount"
    from standards join folders on folders.id = standards.folder_id
    where ${isBelow(folder, search.permitted)}
      and ${search.subtree ? isBelow(folder, [container]) : sql<boolean>`folders.path_key = ${container}`}
      and ${sql.join(
        search.conditions.map(({ attribute, ...comparison }) =>
          compareText(byName.get(attribute) ?? sql`''`, comparison),
        ),
        sql` and `,
      )}
    order by lower(title), standards.id`.execute(db)
  return rows
}

const columns: Readonly<Record<string, RawBuilder<unknown>>> = {
  displayName: sql`title`,
  Id: sql`standards.id::text`,
  Version: sql`version`,
  'symc-Standard-Author': sql`author`,
  'symc-Standard-Version': sql`version`,
  'symc-Standard-TargetTypeIDs': sql`target_type_ids::text`,
}

const byName = byLowerCase(columns)

export const standardColumns: readonly string[] = Object.keys(columns)

/** What a search for a target type compares is the whole list, in which it is one of several. */
export const isListColumn = (attribute: string): boolean => attribute === 'symc-standard-targettypeids'

export async function findStandardFolder(db: Kysely<Tables>, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('standards')
    .innerJoin('folders', 'folders.id', 'standards.folder_id')
    .select('folders.path')
    .where('standards.id', '=', id)
    .executeTakeFirst()
  return row?.path
}
