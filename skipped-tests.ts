import type { TestEvent } from 'node:test/reporters'

/** A reporter of `node --test`: names the tests that were skipped, and in CI, where everything is to be there, fails the run. */
// oxlint-disable-next-line import/no-default-export -- the test runner takes a reporter from there
export default async function* skippedTests(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = []
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.skip === undefined || data.skip === false) continue
    skipped.push(`${data.file ?? ''}: ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}\n`)
  }
  const [isCi, count] = [process.env['CI'] === 'true', skipped.length]
  if (count === 0) return
  if (isCi) process.exitCode = 1
  yield `${count} ${count === 1 ? 'test was' : 'tests were'} skipped${isCi ? ', and none may be in CI' : ''}:\n`
  yield* skipped
}
