import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { composeMail, recipientsOf } from './run-mail.ts'
import type { RunReport } from './run-report.ts'

const report: RunReport = {
  runId: '0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f',
  jobId: '1b6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f',
  jobName: 'Nightly',
  status: 'Completed with errors',
  trigger: 'schedule',
  startedAt: '2026-03-01T02:00:00.000Z',
  endedAt: '2026-03-01T02:04:05.000Z',
  assets: { completed: 2, failed: 1, unfinished: 0 },
  standards: [
    {
      standardId: 's',
      title: 'Baseline',
      assets: 3,
      counts: { pass: 6, fail: 2, unknown: 2, notchecked: 1 },
      exempted: 1,
    },
  ],
  changes: {
    newlyFailing: 4,
    recovered: 1,
    rules: [
      {
        change: 'newly failing',
        standardTitle: 'Baseline',
        title: 'Root may not log in',
        severity: 'high',
        assets: { count: 4, names: ['db-1', 'web-1', 'web-2', 'web-4'] },
      },
      {
        change: 'recovered',
        standardTitle: 'Baseline',
        title: 'The clock is right',
        severity: 'low',
        assets: { count: 1, names: ['web-1'] },
      },
    ],
    noLongerReachable: { count: 1, names: ['web-3'] },
  },
  evidence: { oldest: '2026-02-27T02:00:05.000Z', newest: '2026-03-01T02:04:03.000Z' },
  messages: ['web-3: connection refused'],
  link: 'https://127.0.0.1:12431/api/v1/runs/0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f',
  timeZone: 'Europe/Berlin',
}

const wish = {
  toEmailAddress: 'a@example.org; b@example.org',
  fromEmailAddress: 'ccs@example.org',
  subject: 'Done',
  body: 'Hello,\nsee below.',
}

test('the mail is the words of the job, then what the run came to', () => {
  const mail = composeMail(wish, report)
  assert.deepEqual(
    { ...mail, html: undefined },
    {
      from: 'ccs@example.org',
      to: ['a@example.org', 'b@example.org'],
      subject: 'Done',
      text: `Hello,
see below.

----------------------------------------------------------------
Nightly: Completed with errors

Assets    2 completed, 1 failed
Started   2026-03-01 03:00:00 +01:00
Ended     2026-03-01 03:04:05 +01:00, after 4 min 5 s
Evidence  the oldest collected 2026-02-27 03:00:05 +01:00, 2 d before the end
Run       https://127.0.0.1:12431/api/v1/runs/0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f
Command   plumbline job assets 0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f

Baseline on 3 assets, 1 verdict exempted: score 60.0
  6 passed, 2 failed, 2 unknown, 0 not applicable, 1 manual

Since the last run: 4 newly failing, 1 recovered, 1 no longer reachable
  newly failing: Root may not log in (high, Baseline) on db-1, web-1, web-2 and 1 more
  recovered: The clock is right (low, Baseline) on web-1
  no longer reachable: web-3

Messages
  web-3: connection refused
`,
      html: undefined,
    },
  )
})

test('the page says what the text says', () => {
  const { text, html } = composeMail(wish, report)
  const words = html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&nbsp;', ' ')
    .replace(/\s+/g, ' ')
  const lines = text
    .split('\n')
    .filter((line) => !/^-*$/.test(line))
    .flatMap((line) => line.trim().split(/: |\s{2,}| on 3 assets|, (?=\d)| (?=passed|failed|unknown|not app|manual)/))
    .map((part) => part.replace(/^(Run|Command|score) ?/, ''))
  assert.ok(lines.length > 20)
  for (const part of lines) assert.ok(words.includes(part), part)
  // Nothing is fetched when it is opened.
  assert.doesNotMatch(html, /<(?:img|link|script|style|iframe)|url\(|@import/i)
})

test('a run without anything to tell is told all the same', () => {
  const { text } = composeMail(wish, {
    ...report,
    status: 'Failed',
    startedAt: null,
    assets: { completed: 0, failed: 0, unfinished: 0 },
    standards: [],
    changes: undefined,
    evidence: undefined,
    messages: [],
  })
  assert.match(text, /Started {3}not started\n/)
  assert.match(text, /Evidence {2}none; nothing could be checked\n/)
  assert.doesNotMatch(text, /Since|Messages/)
})

test('a mail stays short, and says how much it leaves out', () => {
  const names = Array.from({ length: 100 }, (_, index) => `web-${index}`)
  const { text } = composeMail(wish, {
    ...report,
    messages: names.map((name) => `${name}: ${'x'.repeat(2000)}`),
    standards: names.flatMap((title) => report.standards.map((standard) => ({ ...standard, title }))),
    changes: {
      newlyFailing: 9000,
      recovered: 0,
      rules: names.slice(0, 20).map((title) => ({
        change: 'newly failing',
        standardTitle: 'Baseline',
        title,
        severity: 'high',
        assets: { count: 450, names },
      })),
      noLongerReachable: { count: 300, names },
    },
  })
  for (const line of ['and 10 more rules', 'and 80 more messages', 'and 50 more standards']) {
    assert.ok(text.includes(`\n  ${line}\n`), line)
  }
  assert.match(text, /no longer reachable: web-0, .*web-19 and 280 more\n/)
  assert.ok(text.length < 25_000, `${text.length}`)
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
        { ...report, jobName: text, messages: [text], link: text },
      )
      for (const header of [mail.from, mail.subject, ...mail.to]) assert.doesNotMatch(header, /[\u0000-\u001f\u007f]/)
      assert.doesNotMatch(mail.html, /<b>/)
    }),
  )
})
