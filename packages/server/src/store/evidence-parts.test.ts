import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CollectedObject, Flag, SystemCharacteristics } from '@plumbline/scap'
import { mergeEvidence, readParts } from './evidence-parts.ts'
import type { Pack, StoredParts } from './evidence-parts.ts'

const systemInfo = { osName: 'Linux', osVersion: '1', architecture: 'x', primaryHostName: 'web-3', interfaces: [] }

function collection(objects: Readonly<Record<string, string>>, at: string): SystemCharacteristics {
  return {
    systemInfo,
    objects: Object.fromEntries(Object.entries(objects).map(([id, text]) => [id, object(text, at)])),
  }
}

function object(text: string, collectedAt: string, flag: Flag = 'complete'): CollectedObject {
  const entity = { name: 'text', datatype: 'string', status: 'exists', value: text } as const
  return { flag, messages: [], items: [{ testType: 'a/b', status: 'exists', entities: [entity] }], collectedAt }
}

const instants = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'] as const

test('an unchanged object stays in its pack and a changed one goes into a new one', () => {
  const first = mergeEvidence(undefined, collection({ a: '1', b: '1', c: '1' }, instants[0]), {
    newPackId: 'p1',
    at: instants[0],
  })
  const second = mergeEvidence(
    { parts: first.parts, packs: new Map([['p1', first.newPack]]) },
    collection({ a: '1', b: '2', c: '1' }, instants[1]),
    { newPackId: 'p2', at: instants[1] },
  )
  assert.deepEqual(first.parts, [{ pack: 'p1', at: instants[0], ranges: [[0, 3]] }])
  assert.deepEqual(second.parts, [
    {
      pack: 'p1',
      at: instants[1],
      ranges: [
        [0, 1],
        [2, 3],
      ],
    },
    { pack: 'p2', at: instants[1], ranges: [[0, 1]] },
  ])
  assert.deepEqual(
    second.newPack.map(([digest]) => digest),
    ['b'],
  )
})

test('what was not asked again is carried forward with its own instant, however old, up to so many', () => {
  const options = (day: number) => ({ newPackId: `p${day}`, at: instants[day] ?? '' })
  const first = mergeEvidence(undefined, collection({ a: '1' }, instants[0]), options(0))
  const stored = { parts: first.parts, packs: new Map([['p0', first.newPack]]) }
  const second = mergeEvidence(stored, collection({ b: '1' }, instants[1]), options(1))
  const both = { parts: second.parts, packs: new Map([...stored.packs, ['p1', second.newPack]]) }
  const years = '2036-01-01T00:00:00.000Z'
  const again = collection({ c: '1' }, years)
  const objectsOf = (mostCarried?: number) => {
    const limit = mostCarried === undefined ? {} : { mostCarried }
    const { parts, newPack } = mergeEvidence(both, again, { newPackId: 'p2', at: years, ...limit })
    return readParts({ parts, packs: new Map([...both.packs, ['p2', newPack]]) })
  }
  const newest = { c: object('1', years), b: object('1', instants[1]) }
  assert.deepEqual(objectsOf(), { ...newest, a: object('1', instants[0]) })
  assert.deepEqual(objectsOf(1), newest, 'the oldest is left')
})

test('evidence is complete when every object of the collection could be read', () => {
  const options = { newPackId: 'p', at: instants[0] }
  const flags: readonly [Flag, boolean][] = [
    ['complete', true],
    ['does not exist', true],
    ['not applicable', true],
    ['error', false],
    ['incomplete', false],
    ['not collected', false],
  ]
  assert.deepEqual(
    flags.map(([flag]) => [
      flag,
      mergeEvidence(undefined, { systemInfo, objects: { a: object('1', instants[0], flag) } }, options).complete,
    ]),
    flags,
  )
})

test('over any history the newest evidence holds the newest of every object, and its digest says whether it differs', () => {
  const round = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom('1', '2', '3'))
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 30 }), (history) => {
      const packs = new Map<string, Pack>()
      let stored: StoredParts | undefined
      let digest = ''
      const expected: Record<string, CollectedObject> = {}
      for (const [index, objects] of history.entries()) {
        const at = new Date(index * 1000).toISOString()
        const before = contents(expected)
        const collected = collection(objects, at)
        Object.assign(expected, collected.objects)
        const merged = mergeEvidence(stored, collected, { newPackId: `p${index}`, at })
        if (merged.newPack.length > 0) packs.set(`p${index}`, merged.newPack)
        assert.equal(merged.digest === digest, index > 0 && contents(expected) === before)
        stored = { parts: merged.parts, packs }
        digest = merged.digest
        assert.deepEqual(readParts(stored), expected)
        assert.ok(new Set(merged.parts.map(({ pack }) => pack)).size <= 8)
      }
    }),
  )
})

function contents(objects: Readonly<Record<string, CollectedObject>>): string {
  const ids = Object.keys(objects).toSorted((a, b) => a.localeCompare(b))
  return JSON.stringify(ids.map((id) => [id, objects[id]?.items]))
}
