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

for (const [address, expected] of rows) {
  test(`${address} names ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(Object.fromEntries(readQuery(address)), expected)
  })
}
