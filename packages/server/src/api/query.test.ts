import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readQuery } from './query.ts'

const rows: readonly (readonly [string, Record<string, string>])[] = [
  ['/jobs', {}],
  ['/jobs?', {}],
  ['/jobs?JobName=My+job', { jobname: 'My job' }],
  ['/jobs?/jobname=My%20job', { jobname: 'My job' }],
  ['/jobs?(Attributes=JobName = x)', { attributes: 'JobName = x)' }],
  [
    '/assets?Attributes=%28displayName+%3D+*%29&SearchSubTree=True',
    { attributes: '(displayName = *)', searchsubtree: 'True' },
  ],
  ['/assets?containerpath=asset%20system%5CAssets', { containerpath: 'asset system\\Assets' }],
  ['/jobs?page=1&PAGE=2', { page: '1' }],
  ['/jobs?jobname=100%', { jobname: '100%' }],
  ['/jobs?jobname=%ff%41', { jobname: '%ff%41' }],
  ['/jobs?flag', { flag: '' }],
  ['/jobs?jobname=a%00b', { jobname: 'a\ufffdb' }],
]

const declared = {
  Attributes: { description: '', ampersands: true },
  page: { description: '' },
  ContainerPath: { description: '' },
} as const
const ampersands: typeof rows = [
  ['/a?Attributes=(a = 1&b = 2)&page=3', { attributes: '(a = 1&b = 2)', page: '3' }],
  ['/a?page=3&attributes=a+Contains+1&b=2', { page: '3', attributes: 'a Contains 1&b=2' }],
  ['/a?page=3&other=4', { page: '3', other: '4' }],
  ['/a?Attributes=x&ContainerPath=R&D', { attributes: 'x', containerpath: 'R', d: '' }],
]
for (const [address, expected] of ampersands) {
  test(`${address} names ${JSON.stringify(expected)}, where & may be of a value`, () => {
    assert.deepEqual(Object.fromEntries(readQuery(address, declared)), expected)
  })
}

for (const [address, expected] of rows) {
  test(`${address} names ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(Object.fromEntries(readQuery(address)), expected)
  })
}
