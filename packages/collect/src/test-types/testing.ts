import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Item, ResolvedEntity, ResolvedObject } from '@plumbline/scap'
import type { Session } from '../session.ts'
import type { TestType } from '../test-type.ts'
import { openLocalSession } from '../transports/local.ts'
import { openRecordedSession, type Recording } from '../transports/recorded.ts'

/** An object's entity, with the standard's defaults for what is not given: a literal string to be equalled. */
export function entity(name: string, value: string, more: Partial<ResolvedEntity> = {}): ResolvedEntity {
  return {
    name,
    datatype: 'string',
    operation: 'equals',
    values: [value],
    varCheck: 'all',
    entityCheck: 'all',
    checkExistence: 'at_least_one_exists',
    nil: false,
    mask: false,
    ...more,
  }
}

export const pattern = (name: string, value: string): ResolvedEntity =>
  entity(name, value, { operation: 'pattern match' })

/** An item's entities by name, several values as a list, what is not there by its status. */
export type PlainItem = Readonly<Record<string, string | readonly string[]>>

export interface Collected {
  readonly flag: string | undefined
  readonly messages: readonly string[] | undefined
  readonly items: readonly PlainItem[]
}

/** Collects an object from an asset, and tells the outcome plainly. */
export async function collectFrom(
  session: Session,
  testType: TestType,
  entities: readonly ResolvedEntity[],
  behaviors: ResolvedObject['behaviors'] = {},
  filters: ResolvedObject['filters'] = [],
): Promise<Collected> {
  const object: ResolvedObject = {
    id: 'oval:test:obj:1',
    digest: '',
    testType: testType.name as ResolvedObject['testType'],
    entities,
    behaviors,
    filters,
  }
  const { flag, messages, items } = await testType.collect(session, object, 1000)
  return { flag, messages, items: items.map(asPlain) }
}

function asPlain({ status, entities, messages = [] }: Item): PlainItem {
  const plain: Record<string, string | string[]> = status === 'exists' ? {} : { status, message: [...messages] }
  for (const [name, group = []] of Object.entries(Object.groupBy(entities, (one) => one.name))) {
    const values = group.map((one) => (one.status === 'exists' ? one.value : `(${one.status})`))
    plain[name] = values.length === 1 ? (values[0] ?? '') : values
  }
  return plain
}

/** The session of `NAME.fixtures/PLATFORM.json` beside a test, with answers changed or taken away (`undefined`). */
export function replay(test: ImportMeta, platform: string, changes: Partial<Recording> = {}): Session {
  const folder = test.filename.replace(/\.test\.ts$/, '.fixtures')
  const recording = JSON.parse(readFileSync(`${folder}/${platform}.json`, 'utf8')) as Recording
  return openRecordedSession({
    ...recording,
    ...changes,
    files: { ...recording.files, ...changes.files },
    statuses: { ...recording.statuses, ...changes.statuses },
    lists: { ...recording.lists, ...changes.lists },
    links: { ...recording.links, ...changes.links },
    commands: { ...recording.commands, ...changes.commands },
  })
}

export const denied = (path: string) => ({
  error: 'permission-denied' as const,
  message: `cannot read ${path} on web-1: permission denied; grant sudo or use an account that may`,
})

/** For types that walk: a real folder with these files, and this machine to look at it. */
export async function withFolder(
  files: Readonly<Record<string, string>>,
  use: (session: Session, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-files-'))
  const session = openLocalSession()
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    await use(session, folder)
  } finally {
    await session.close()
    rmSync(folder, { recursive: true })
  }
}
