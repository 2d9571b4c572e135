import type { Rule, Text } from '../../xccdf/model/benchmark.ts'
import { renderText } from '../../xccdf/text.ts'
import { partOf, type BenchmarkProse } from '../prose.ts'
import { markup, type Html } from './markup.ts'
import { fixScript, isWebAddress, richText } from './rich-text.ts'

type Values = Readonly<Record<string, readonly string[]>>

/** A text of a group, rule or profile: as its author laid it out where the source is at hand, else as plain lines. */
export function proseOf(prose: BenchmarkProse, id: string, name: string, text: Text, values: Values): Html | undefined {
  const element = partOf(prose.item(id), name)
  if (element !== undefined) {
    const rich = richText(element, values)
    return rich.html.trim() === '' ? undefined : markup`<div>${rich}</div>`
  }
  const plain = renderText(text, values)
  return plain === '' ? undefined : markup`<p class="lines">${plain}</p>`
}

/** Description, rationale, fix, identifiers and references of a rule, each under its heading. */
export function ruleText(prose: BenchmarkProse, rule: Rule, values: Values): Html {
  const section = (heading: string, text: Html | undefined): Html | undefined =>
    text === undefined
      ? undefined
      : markup`<h4>${heading}</h4>
          ${text}`
  const fixes = prose.fixes(rule.id).flatMap(({ system, content }) => {
    const script = fixScript(content, values)
    if (script === '') return []
    return [
      markup`<details class="fix"><summary>${fixName(system)}</summary><pre><code>${script}</code></pre></details>`,
    ]
  })
  const fixText = proseOf(prose, rule.id, 'fixtext', rule.fixText, values)
  return markup`${section('Description', proseOf(prose, rule.id, 'description', rule.description, values))}
${section('Rationale', proseOf(prose, rule.id, 'rationale', rule.rationale, values))}
${fixText === undefined && fixes.length === 0 ? undefined : markup`<h4>Fix</h4>${fixText}${fixes}`}
${section('Identifiers and references', referencesOf(rule))}`
}

const fixNames: Readonly<Record<string, string>> = {
  'urn:xccdf:fix:script:sh': 'Fix as a shell script',
  'urn:xccdf:fix:script:ansible': 'Fix as Ansible tasks',
  'urn:xccdf:fix:script:puppet': 'Fix as a Puppet class',
  'urn:xccdf:fix:script:powershell': 'Fix as a PowerShell script',
  'urn:xccdf:fix:script:kubernetes': 'Fix as a Kubernetes object',
  'urn:redhat:anaconda:pre': 'Fix at installation (Anaconda)',
  'urn:redhat:osbuild:blueprint': 'Fix in an image (OSBuild blueprint)',
}

const fixName = (system: string): string => fixNames[system] ?? `Fix (${system === '' ? 'any system' : system})`

function referencesOf({ id, idents, references }: Rule): Html {
  const list = (entries: readonly { readonly href: string; readonly text: string }[]): Html[] =>
    entries.map(({ href, text }) => {
      const label = text === '' ? href : text
      return markup`<li>
        ${isWebAddress(href) ? markup`<a href="${href}" rel="noopener noreferrer nofollow">${label}</a>` : label}
      </li>`
    })
  return markup`<p><code>${id}</code></p>
    <ul class="references">
      ${list(idents.map(({ system, text }) => ({ href: system, text })))}${list(references)}
    </ul>`
}
