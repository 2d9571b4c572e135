import { Temporal } from 'temporal-polyfill'
import { complianceScore, countVerdicts } from '../store/outcomes.ts'
import type { Verdict } from '../store/outcomes.ts'
import { mailPage } from './mail-page.ts'
import type { RunReport } from './run-report.ts'

/** What a job says about its mail, in our names. */
export interface MailWish {
  readonly toEmailAddress: string
  readonly fromEmailAddress: string
  readonly subject: string
  readonly body: string
}

/** A mail as it is kept in the outbox: data, not headers, so that nothing in it can become a header. */
export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** The job's own words, then what the run came to; as text, and the same as a page. */
export function composeMail(wish: MailWish, report: RunReport): Mail {
  const summary = summarise(report)
  const subject = singleLine(wish.subject)
  return {
    from: singleLine(wish.fromEmailAddress),
    to: recipientsOf(wish.toEmailAddress),
    subject,
    text: `${wish.body}\n\n${asText(summary)}`,
    html: mailPage(subject, wish.body, summary),
  }
}

/** Addresses separated by `;` or `,`, except inside quotes and angle brackets. */
export function recipientsOf(list: string): string[] {
  const parts = singleLine(list).match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^;,"<]|["<])+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** A report in words, each a single line without control characters. */
export interface MailSummary {
  readonly job: string
  readonly status: string
  readonly facts: readonly (readonly [label: string, value: string])[]
  readonly figures: readonly (readonly [label: string, value: string, matters: boolean])[]
  readonly standards: readonly {
    readonly title: string
    readonly assets: string
    readonly score: number | null
    readonly verdicts: Readonly<Record<Verdict, number>>
  }[]
  /** Lines that say how many more there are have no label. */
  readonly changes: readonly { readonly label: string; readonly text: string }[] | undefined
  readonly messages: readonly string[]
  /** An answer of the API, for those who have a token. */
  readonly link: string
  /** What shows the run in a shell. */
  readonly command: string
}

const shown = { standards: 50, rules: 10, names: 3, assets: 20, messages: 20 }

function summarise(report: RunReport): MailSummary {
  const { completed, failed, unfinished } = report.assets
  const { changes } = report
  const all = completed + failed + unfinished
  return {
    job: singleLine(report.jobName),
    status: report.status,
    facts: facts(report),
    figures: [
      ['assets done', `${completed} of ${all}`, completed < all],
      ...(changes === undefined
        ? []
        : ([
            ['newly failing', String(changes.newlyFailing), changes.newlyFailing > 0],
            ['recovered', String(changes.recovered), false],
            ['no longer reachable', String(changes.noLongerReachable.count), changes.noLongerReachable.count > 0],
          ] as const)),
    ],
    standards: report.standards.slice(0, shown.standards).map(({ title, assets, counts, exempted }) => ({
      title: shortLine(title),
      assets: plural(assets, 'asset') + (exempted === 0 ? '' : `, ${plural(exempted, 'verdict')} exempted`),
      score: complianceScore(counts),
      verdicts: countVerdicts(counts),
    })),
    changes: changes === undefined ? undefined : changeLines(changes),
    messages: [
      ...report.messages.slice(0, shown.messages).map(shortLine),
      ...more(report.messages.length - shown.messages, 'message'),
      ...more(report.standards.length - shown.standards, 'standard'),
    ],
    link: singleLine(report.link),
    command: `plumbline job assets ${report.runId}`,
  }
}

function facts({ assets, startedAt, endedAt, evidence, timeZone }: RunReport): [string, string][] {
  const { completed, failed, unfinished } = assets
  const rest = unfinished === 0 ? '' : `, ${unfinished} not finished`
  const took = startedAt === null ? '' : `, after ${span(startedAt, endedAt)}`
  return [
    ['Assets', `${completed} completed, ${failed} failed${rest}`],
    ['Started', startedAt === null ? 'not started' : moment(startedAt, timeZone)],
    ['Ended', `${moment(endedAt, timeZone)}${took}`],
    [
      'Evidence',
      evidence === undefined
        ? 'none; nothing could be checked'
        : `the oldest collected ${moment(evidence.oldest, timeZone)}, ${span(evidence.oldest, endedAt)} before the end`,
    ],
  ]
}

function changeLines({ rules, noLongerReachable }: NonNullable<RunReport['changes']>): MailSummary['changes'] {
  const lines: { label: string; text: string }[] = rules
    .slice(0, shown.rules)
    .map(({ change, title, severity, standardTitle, assets }) => ({
      label: change,
      text: shortLine(`${title} (${severity}, ${standardTitle}) on ${some(assets, shown.names)}`),
    }))
  for (const text of more(rules.length - shown.rules, 'rule')) lines.push({ label: '', text })
  if (noLongerReachable.count > 0) {
    lines.push({ label: 'no longer reachable', text: singleLine(some(noLongerReachable, shown.assets)) })
  }
  return lines
}

function asText({
  job,
  status,
  facts: known,
  figures,
  standards,
  changes,
  messages,
  link,
  command,
}: MailSummary): string {
  const blocks: string[][] = [
    ['-'.repeat(64), `${job}: ${status}`],
    [...known.map(([label, value]) => `${label.padEnd(9)} ${value}`), `Run       ${link}`, `Command   ${command}`],
    standards.flatMap(({ title, assets, score, verdicts }) => [
      `${title} on ${assets}: ${score === null ? 'no score' : `score ${score.toFixed(1)}`}`,
      `  ${(Object.keys(verdicts) as Verdict[]).map((verdict) => `${verdicts[verdict]} ${verdict}`).join(', ')}`,
    ]),
  ]
  if (changes !== undefined) {
    const [, ...counts] = figures
    blocks.push([
      `Since the last run: ${counts.map(([label, value]) => `${value} ${label}`).join(', ')}`,
      ...changes.map(({ label, text }) => `  ${label === '' ? '' : `${label}: `}${text}`),
    ])
  }
  if (messages.length > 0) blocks.push(['Messages', ...messages.map((message) => `  ${message}`)])
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function some({ count, names }: { readonly count: number; readonly names: readonly string[] }, most: number): string {
  const first = names.slice(0, most)
  return count === first.length ? first.join(', ') : `${first.join(', ')} and ${count - first.length} more`
}

function more(count: number, noun: string): string[] {
  return count > 0 ? [`and ${plural(count, `more ${noun}`)}`] : []
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `2026-03-01 03:04:05 +01:00`, in the server's time zone: what people there have on their clocks. */
function moment(at: string, timeZone: string): string {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO(timeZone)
  return `${local.toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')} ${local.offset}`
}

/** The two largest units that are not nothing: `4 min 2 s`, `3 d 2 h`. */
function span(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000))
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** Line breaks, other control characters and those that turn the direction of text have no place in one line. */
function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
}

const longestLine = 500

/** The same, short enough to be read. */
function shortLine(text: string): string {
  const line = singleLine(text)
  return line.length <= longestLine ? line : `${line.slice(0, longestLine)}…`
}
