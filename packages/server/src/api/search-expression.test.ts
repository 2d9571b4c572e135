import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSearchExpression, type SearchExpression } from './search-expression.ts'

const one = (attribute: string, operator: string, value: string): SearchExpression =>
  [[{ attribute, operator, value }]] as SearchExpression

const rows: readonly (readonly [string, SearchExpression])[] = [
  ['(displayName = *)', one('displayname', '=', '*')],
  ['displayName Contains red hat', one('displayname', 'Contains', 'red hat')],
  ['JobName = x)', one('jobname', '=', 'x')],
  ['Symc-Standard-Author=symantec', one('symc-standard-author', '=', 'symantec')],
  ['displayname StartsWith web-', one('displayname', 'StartsWith', 'web-')],
  ['JobCreationTime >= 2026-01-01T00:00:00Z', one('jobcreationtime', '>=', '2026-01-01T00:00:00Z')],
  ['displayName = a=b', one('displayname', '=', 'a=b')],
  ['displayName = (x) y', one('displayname', '=', '(x) y')],
  ['displayName =', one('displayname', '=', '')],
  [
    '(symc-csm-AssetSystem-Asset-unix-Machine-OSSystem Contains linux, displayname Contains 10.211.64)',
    [
      [
        { attribute: 'symc-csm-assetsystem-asset-unix-machine-ossystem', operator: 'Contains', value: 'linux' },
        { attribute: 'displayname', operator: 'Contains', value: '10.211.64' },
      ],
    ],
  ],
]
for (const [text, expected] of rows) {
  test(`reads ${text}`, () => assert.deepEqual(parseSearchExpression(text), expected))
}

test('reads & and | where they are connectives, and takes them as text elsewhere', () => {
  assert.deepEqual(
    parseSearchExpression('displayName = a & displayName = b | displayName = c', true).map((list) =>
      list.map(({ value }) => value),
    ),
    [['a', 'b'], ['c']],
  )
  assert.deepEqual(parseSearchExpression('displayName = a & b'), one('displayname', '=', 'a & b'))
})

for (const text of [
  '',
  '()',
  'displayName',
  'displayName contains x',
  'displayName LIKE x',
  '= x',
  ', displayName = x',
]) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseSearchExpression(text), { name: 'SearchExpressionError' })
  })
}

test('parentheses of a value are its own', () => {
  for (const text of [
    'name = 12 (bookworm)',
    '(name = 12 (bookworm))',
    '(name = 12 (bookworm)',
    'name = 12 (bookworm))',
  ])
    assert.deepEqual(
      parseSearchExpression(text),
      [[{ attribute: 'name', operator: '=', value: '12 (bookworm)' }]],
      text,
    )
})
