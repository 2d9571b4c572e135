import type { Verdict } from '../store/outcomes.ts'
import type { MailSummary } from './run-mail.ts'

/*
 * A mail as a page. Mail programs know tables and styles on elements, and little else: no style sheet, no script, no
 * picture, nothing that is fetched. It reads well on a narrow screen, and colours only repeat what words say.
 */

const ink = '#1f2328'
const quiet = '#59636e'
const rule = '#d1d9e0'
const red = '#b42318'
const green = '#1a7f37'
const amber = '#9a6700'

const statusColours: Readonly<Record<string, string>> = {
  Completed: green,
  'Completed with errors': amber,
  Failed: red,
  'Timed out': red,
}

export function mailPage(subject: string, body: string, summary: MailSummary): string {
  const colour = statusColours[summary.status] ?? quiet
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta name="color-scheme" content="light"><title>${escapeHtml(subject)}</title></head>`,
    `<body style="margin:0;background:#f6f8fa">`,
    `<div style="padding:24px 12px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:${ink}">`,
    '<div style="max-width:640px;margin:0 auto">',
    words(body),
    `<div style="background:#ffffff;border:1px solid ${rule};border-top:4px solid ${colour};border-radius:8px;padding:24px">`,
    heading(summary, colour),
    figures(summary.figures),
    summary.standards.length === 0 ? '' : standards(summary.standards),
    changes(summary.changes),
    messages(summary.messages),
    facts(summary.facts),
    `<p style="margin:24px 0 0"><a href="${escapeHtml(summary.link)}" style="color:#0969da">${escapeHtml(summary.link)}</a><br><code>${escapeHtml(summary.command)}</code></p>`,
    '</div>',
    `<p style="margin:16px 4px 0;font-size:12px;color:${quiet}">Sent by Plumbline, because this job asks for a mail when a run ends so.</p>`,
    '</div></div></body></html>',
    '',
  ]
    .filter((part) => part !== '')
    .join('\n')
}

/** What the job says, line by line. */
function words(body: string): string {
  const lines = body.split(/\r\n?|\n/).map((line) => escapeHtml(line))
  return `<p style="margin:0 4px 20px;white-space:pre-wrap">${lines.join('<br>')}</p>`
}

function heading({ job, status }: MailSummary, colour: string): string {
  return (
    `<h1 style="margin:0;font-size:21px;line-height:1.3;overflow-wrap:anywhere">${escapeHtml(job)}</h1>` +
    `<p style="margin:4px 0 20px;font-weight:600;color:${colour}">${escapeHtml(status)}</p>`
  )
}

function figures(all: MailSummary['figures']): string {
  const width = Math.floor(100 / all.length)
  const cells = all.map(
    ([label, value, matters]) =>
      `<td width="${width}%" valign="top" style="padding:0 8px 0 0"><div style="font-size:20px;font-weight:600;line-height:1.3;` +
      `color:${matters ? red : ink}">${escapeHtml(value)}</div><div style="font-size:13px;color:${quiet}">${escapeHtml(label)}</div></td>`,
  )
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse"><tr>${cells.join('')}</tr></table>`
}

const columns: readonly (readonly [verdict: Verdict, colour: string])[] = [
  ['passed', green],
  ['failed', red],
  ['unknown', amber],
  ['not applicable', quiet],
  ['manual', quiet],
]

function standards(all: MailSummary['standards']): string {
  const blocks = all.map(({ title, assets, score, verdicts }) => {
    const counted = columns
      .map(
        ([verdict, colour]) =>
          `<span style="white-space:nowrap;margin-right:14px"><b style="color:${verdicts[verdict] === 0 ? quiet : colour}">` +
          `${verdicts[verdict]}</b> ${verdict}</span>`,
      )
      .join(' ')
    return (
      '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin-top:12px"><tr>' +
      `<td style="overflow-wrap:anywhere;padding:0">${escapeHtml(title)} <span style="color:${quiet}">· ${escapeHtml(assets)}</span></td>` +
      `<td align="right" valign="bottom" style="padding:0 0 0 12px;white-space:nowrap"><b style="font-size:17px">${score === null ? '–' : score.toFixed(1)}</b></td>` +
      `</tr></table>${bar(verdicts)}<div style="font-size:13px;color:${quiet}">${counted}</div>`
    )
  })
  return `${title('Standards')}${blocks.join('')}`
}

/** Passed, failed and unknown, as the score counts them. */
function bar(verdicts: Readonly<Record<Verdict, number>>): string {
  const parts = columns.slice(0, 3).filter(([verdict]) => verdicts[verdict] > 0)
  const all = parts.reduce((sum, [verdict]) => sum + verdicts[verdict], 0)
  if (all === 0) return ''
  const cells = parts.map(
    ([verdict, colour]) =>
      `<td width="${Math.max(1, Math.round((100 * verdicts[verdict]) / all))}%" style="background:${colour};height:6px;line-height:6px;font-size:0">&nbsp;</td>`,
  )
  return (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" ' +
    `style="border-collapse:collapse;margin:6px 0"><tr>${cells.join('')}</tr></table>`
  )
}

function changes(lines: MailSummary['changes']): string {
  if (lines === undefined) return ''
  const rows = lines.map(
    ({ label, text }) =>
      `<tr><td valign="top" style="padding:4px 12px 4px 0;white-space:nowrap;font-size:13px;color:${label === 'recovered' ? green : red}">` +
      `${escapeHtml(label)}</td><td valign="top" style="padding:4px 0;overflow-wrap:anywhere">${escapeHtml(text)}</td></tr>`,
  )
  const table = `<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse">${rows.join('')}</table>`
  return `${title('Since the last run')}${rows.length === 0 ? `<p style="margin:0;color:${quiet}">Nothing changed.</p>` : table}`
}

function messages(all: readonly string[]): string {
  if (all.length === 0) return ''
  const lines = all.map(
    (message) =>
      `<p style="margin:8px 0 0;padding-left:10px;border-left:3px solid ${rule};overflow-wrap:anywhere">${escapeHtml(message)}</p>`,
  )
  return `${title('Messages')}${lines.join('\n')}`
}

function facts(all: MailSummary['facts']): string {
  const rows = all.map(
    ([label, value]) =>
      `<tr><td valign="top" style="padding:2px 16px 2px 0;color:${quiet}">${escapeHtml(label)}</td><td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
  )
  return `${title('The run')}<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:14px">${rows.join('')}</table>`
}

function title(text: string): string {
  return `<h2 style="margin:24px 0 6px;padding-top:16px;border-top:1px solid ${rule};font-size:15px">${escapeHtml(text)}</h2>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
