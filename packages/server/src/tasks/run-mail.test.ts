import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { composeMail, recipientsOf } from './run-mail.ts'
import type { RunSummary } from './run-mail.ts'

const summary: RunSummary = {
  runId: '0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f',
  jobName: 'Nightly',
  status: 'Completed with errors',
  startedAt: '2026-03-01T02:00:00.000Z',
  endedAt: '2026-03-01T02:04:00.000Z',
  assets: { completed: 2, failed: 1, unfinished: 0 },
  standards: [{ title: 'Baseline', assets: 3, counts: { pass: 6, fail: 2, unknown: 2, notchecked: 1 } }],
  changes: { newlyFailing: 1, recovered: 2, noLongerReachable: ['web-3'] },
  oldestEvidenceAt: '2026-03-01T02:00:03.000Z',
  messages: ['web-3: connection refused'],
  link: 'https://127.0.0.1:12431/api/v1/runs/0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f',
}

test('the mail is the words of the job, then what the run came to', () => {
  const mail = composeMail(
    {
      toEmailAddress: 'a@example.org; b@example.org',
      fromEmailAddress: 'ccs@example.org',
      subject: 'Done',
      body: 'Hello,\nsee below.',
    },
    summary,
  )
  assert.deepEqual(
    { ...mail, html: undefined },
    {
      from: 'ccs@example.org',
      to: ['a@example.org', 'b@example.org'],
      subject: 'Done',
      text: `Hello,
see below.

-- 
Job: Nightly
Status: Completed with errors
Run: https://127.0.0.1:12431/api/v1/runs/0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f
Started: 2026-03-01T02:00:00.000Z
Ended: 2026-03-01T02:04:00.000Z
Assets: 2 completed, 1 failed
Baseline: 6 passed, 2 failed, 2 unknown, 0 not applicable, 1 manual on 3 assets; score 60.0
Since the last run: 1 newly failing, 2 recovered; no longer reachable: web-3
Oldest evidence used: 2026-03-01T02:00:03.000Z
Message: web-3: connection refused
`,
      html: undefined,
    },
  )
  assert.match(mail.html, /<th align="left">Assets<\/th><td>2 completed, 1 failed<\/td>/)
})

const lists: readonly [list: string, recipients: string[]][] = [
  ['', []],
  ['one@example.org', ['one@example.org']],
  ['one@example.org,two@example.org;three@example.org', ['one@example.org', 'two@example.org', 'three@example.org']],
  [' one@example.org ;; ', ['one@example.org']],
  ['"Doe, Jane" <jane@example.org>, two@example.org', ['"Doe, Jane" <jane@example.org>', 'two@example.org']],
  ['one@example.org\r\nBcc: evil@example.org', ['one@example.org Bcc: evil@example.org']],
]
for (const [list, recipients] of lists) {
  test(`the recipients of ${JSON.stringify(list)}`, () => assert.deepEqual(recipientsOf(list), recipients))
}

test('nothing a job says breaks out of a header or of the HTML', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const mail = composeMail(
        { toEmailAddress: text, fromEmailAddress: text, subject: text, body: `<b>${text}</b>` },
        { ...summary, jobName: text, messages: [text] },
      )
      for (const header of [mail.from, mail.subject, ...mail.to]) assert.doesNotMatch(header, /[\u0000-\u001f\u007f]/)
      assert.doesNotMatch(mail.html, /<b>/)
    }),
  )
})
