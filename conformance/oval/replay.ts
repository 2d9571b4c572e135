import assert from 'node:assert/strict'
import { explainDefinition, replay, replayTest } from '@plumbline/scap'
import type { EvaluatedDocument, RuleTrace } from '@plumbline/scap'

/** Asserts that the trace of each definition, as plain data and without its results, gives the verdicts again. */
export function assertReplays(
  of: Pick<EvaluatedDocument, 'content' | 'evaluation'>,
  definitionIds: readonly string[],
): void {
  const document: EvaluatedDocument = { ...of, definitionIds, href: '', purpose: 'rules', variables: {} }
  for (const id of definitionIds) {
    const trace = explainDefinition(document, id)
    const bare = JSON.parse(JSON.stringify(trace), withoutResult) as RuleTrace
    for (const [testId, test] of Object.entries(bare.documents[0]?.tests ?? {})) {
      assert.equal(replayTest(test), trace.documents[0]?.tests[testId]?.result, `the trace of ${testId}`)
    }
    assert.equal(replay(bare), trace.result, `the trace of ${id}`)
  }
}

/** Values that are left out and definitions without criteria have nothing but their result. */
function withoutResult(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'isPartial' in value) return value
  if ('class' in value && !('criteria' in value)) return value
  const { result: _result, ...kept } = value as Record<string, unknown>
  return Array.isArray(value) ? value : kept
}
