import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { explainRule } from '../explain/explain-rule.ts'
import { readXml } from '../xml/read.ts'
import { writeArf } from './arf.ts'
import type { ReportInput } from './input.ts'
import { readResults } from './read-results.ts'
import { exampleInput, streams } from './testing.ts'

for (const [stream, profile] of streams) {
  test(`an asset report tells why rules do not apply: ${basename(stream)}, ${profile}`, () => {
    const written = exampleInput(stream, profile)
    const pieces: Uint8Array[] = []
    writeArf((chunk) => pieces.push(Buffer.from(chunk)), written)
    const read = readResults(readXml(Buffer.concat(pieces), 'arf.xml'), 'arf.xml')
    const reasons = whyNotApplicable(written)
    assert.ok(reasons.length > 0)
    assert.deepEqual(whyNotApplicable(read), reasons)
  })
}

const whyNotApplicable = ({ content, result }: ReportInput) =>
  result.rules
    .filter((rule) => rule.result === 'notapplicable')
    .map((rule) => {
      const { ruleId, applicability, sentence } = explainRule(content, result, rule)
      return { ruleId, applicability, sentence }
    })
