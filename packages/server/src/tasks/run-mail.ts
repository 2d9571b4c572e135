import type { OutcomeCounts, Verdict } from '../store/outcomes.ts'
import { complianceScore, countVerdicts } from '../store/outcomes.ts'

/** What a job says about its mail, in our names. */
export interface MailWish {
  readonly toEmailAddress: string
  readonly fromEmailAddress: string
  readonly subject: string
  readonly body: string
}

/** What the summary under the job's own words is made of. */
export interface RunSummary {
  readonly runId: string
  readonly jobName: string
  readonly status: string
  readonly startedAt: string | null
  readonly endedAt: string
  readonly assets: { readonly completed: number; readonly failed: number; readonly unfinished: number }
  readonly standards: readonly { readonly title: string; readonly assets: number; readonly counts: OutcomeCounts }[]
  /** Against the run before; undefined when there is none to compare with. */
  readonly changes?: {
    readonly newlyFailing: number
    readonly recovered: number
    readonly noLongerReachable: readonly string[]
  }
  /** When the oldest evidence behind these results was collected. */
  readonly oldestEvidenceAt: string | null
  readonly messages: readonly string[]
  readonly link: string | undefined
}

/** A mail as it is kept in the outbox: data, not headers, so that nothing in it can become a header. */
export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
}

const maxMessages = 20

export function composeMail(wish: MailWish, summary: RunSummary): Mail {
  const lines = summaryLines(summary)
  return {
    from: singleLine(wish.fromEmailAddress),
    to: recipientsOf(wish.toEmailAddress),
    subject: singleLine(wish.subject),
    text: `${wish.body}\n\n-- \n${lines.map(({ label, value }) => `${label}: ${value}`).join('\n')}\n`,
    html: page(wish, lines),
  }
}

/** Addresses separated by `;` or `,`, except inside quotes and angle brackets. */
export function recipientsOf(list: string): string[] {
  const parts = singleLine(list).match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^;,"<]|["<])+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

interface Line {
  readonly label: string
  readonly value: string
}

function summaryLines(summary: RunSummary): Line[] {
  const { completed, failed, unfinished } = summary.assets
  const lines: Line[] = [
    { label: 'Job', value: summary.jobName },
    { label: 'Status', value: summary.status },
    { label: 'Run', value: summary.link ?? summary.runId },
    { label: 'Started', value: summary.startedAt ?? 'not started' },
    { label: 'Ended', value: summary.endedAt },
    {
      label: 'Assets',
      value: `${completed} completed, ${failed} failed${unfinished === 0 ? '' : `, ${unfinished} not finished`}`,
    },
  ]
  for (const { title, assets, counts } of summary.standards) {
    const verdicts = countVerdicts(counts)
    const score = complianceScore(counts)
    const words = (Object.keys(verdicts) as Verdict[]).map((verdict) => `${verdicts[verdict]} ${verdict}`).join(', ')
    lines.push({
      label: title,
      value: `${words} on ${assets} assets; score ${score === null ? 'none' : score.toFixed(1)}`,
    })
  }
  if (summary.changes !== undefined) {
    const { newlyFailing, recovered, noLongerReachable } = summary.changes
    const gone = noLongerReachable.length === 0 ? '' : `; no longer reachable: ${noLongerReachable.join(', ')}`
    lines.push({ label: 'Since the last run', value: `${newlyFailing} newly failing, ${recovered} recovered${gone}` })
  }
  if (summary.oldestEvidenceAt !== null) {
    lines.push({ label: 'Oldest evidence used', value: summary.oldestEvidenceAt })
  }
  for (const message of summary.messages.slice(0, maxMessages)) lines.push({ label: 'Message', value: message })
  if (summary.messages.length > maxMessages) {
    lines.push({ label: 'Message', value: `and ${summary.messages.length - maxMessages} more` })
  }
  return lines.map(({ label, value }) => ({ label: singleLine(label), value: singleLine(value) }))
}

function page(wish: MailWish, lines: readonly Line[]): string {
  const paragraphs = wish.body.split(/\r?\n/).map((line) => (line === '' ? '<br>' : `<div>${escapeHtml(line)}</div>`))
  const rows = lines.map(
    ({ label, value }) => `<tr><th align="left">${escapeHtml(label)}</th><td>${asCell(value)}</td></tr>`,
  )
  return [
    '<!doctype html>',
    `<html><head><meta charset="utf-8"><title>${escapeHtml(singleLine(wish.subject))}</title></head><body>`,
    ...paragraphs,
    '<hr>',
    '<table cellpadding="4">',
    ...rows,
    '</table></body></html>',
    '',
  ].join('\n')
}

function asCell(value: string): string {
  const text = escapeHtml(value)
  return /^https?:\/\/\S+$/.test(value) ? `<a href="${text}">${text}</a>` : text
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Line breaks and other control characters have no place in a header or in one line of a summary. */
function singleLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim()
}
