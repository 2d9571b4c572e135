import { explainRule } from '../explain/explain-rule.ts'
import type { RuleResult } from '../xccdf/evaluate.ts'
import type { RuleOutcome } from '../xccdf/model/benchmark.ts'
import type { XmlSink } from '../xml/write.ts'
import { defaultScore } from '../xccdf/score.ts'
import { renderText } from '../xccdf/text.ts'
import { countOutcomes } from './counts.ts'
import { evidenceOf, treeOf, variablesOf } from './html/evidence.ts'
import { markup, type Html } from './html/markup.ts'
import { anchor, page } from './html/page.ts'
import { ruleText } from './html/rule-text.ts'
import { filterStyle } from './html/style.ts'
import { scannerOf, selectedRules, systemOf, type ReportInput } from './input.ts'
import { readProse, type BenchmarkProse } from './prose.ts'
import { addressesOf } from './test-result.ts'

/**
 * The report for people: one page without anything from elsewhere, to be read, filtered, printed and kept. Whatever comes
 * from content or asset is escaped; descriptions keep a whitelist of XHTML.
 */
export function writeHtmlReport(sink: XmlSink, input: ReportInput): void {
  const { result, run, content } = input
  const rules = selectedRules(result)
  const counts = countOutcomes(rules)
  const prose = readProse(input.source)
  const asset = run.target.primaryHostName === '' ? 'an asset without a name' : run.target.primaryHostName
  const outcomes = Object.keys(counts) as RuleOutcome[]
  const body = markup`<header class="top">
      <h1>${result.title}</h1>
      <p class="soft">
        ${renderText(content.benchmark.title, result.values)}${
          result.benchmarkVersion === '' ? '' : `, version ${result.benchmarkVersion}`
        }
        — evaluated for <b>${asset}</b>
      </p>
    </header>
    <main id="content">
      <section class="card" aria-label="Summary">
        ${verdictOf(counts)}
        <div class="bar" aria-hidden="true">
          ${outcomes.map((outcome) => markup`<span class="r-${outcome} w-${outcome}"></span>`)}
        </div>
        <ul class="tally">
          ${outcomes.map((outcome) => markup`<li class="c-${outcome}"><b>${counts[outcome]}</b>${words[outcome]}</li>`)}
        </ul>
        ${factsOf(input)}
      </section>
      ${firstThings(rules)}
      <h2>Rules</h2>
      <form class="controls card">
        <fieldset class="filter">
          <legend>Show</legend>
          ${outcomes.map(
            (outcome) =>
              markup`<label
                ><input type="checkbox" id="show-${outcome}" checked autocomplete="off" /> ${words[outcome]}
                (${counts[outcome]})</label
              >`,
          )}
          <label hidden>Search <input type="search" id="search" autocomplete="off" /></label>
        </fieldset>
      </form>
      ${groupsOf(content.benchmark.items, rules).map(
        ({ title, rules: below }) =>
          markup`<section>
            ${title === '' ? undefined : markup`<h3>${title}</h3>`}${below.map((rule) => ruleCard(input, prose, rule))}
          </section>`,
      )}
    </main>
    <footer>
      <p>
        Made by ${scannerOf(run).name} ${scannerOf(run).version} from ${content.fileName} (SHA-256
        <code>${content.digest}</code>).
      </p>
    </footer>`
  const widths = outcomes.map((outcome) => `.w-${outcome}{flex-grow:${counts[outcome] ?? 0}}`).join('\n')
  sink(page(`${asset}: ${result.title}`, `${widths}\n${filterStyle(outcomes)}`, body))

  function groupsOf(items: typeof content.benchmark.items, all: readonly RuleResult[]) {
    return groupRules(items, all, result.values)
  }
}

const words: Readonly<Record<RuleOutcome, string>> = {
  error: 'error',
  fail: 'failed',
  fixed: 'fixed',
  informational: 'informational',
  notapplicable: 'not applicable',
  notchecked: 'not checked',
  notselected: 'not selected',
  pass: 'passed',
  unknown: 'unknown',
}

function verdictOf(counts: Partial<Record<RuleOutcome, number>>): Html {
  const failed = counts.fail ?? 0
  const open = (counts.error ?? 0) + (counts.unknown ?? 0)
  const passed = (counts.pass ?? 0) + (counts.fixed ?? 0)
  if (failed > 0) {
    const plural = failed === 1 ? 'rule is' : 'rules are'
    return markup`<p><b>${failed} ${plural} not met</b>${open > 0 ? `, and ${open} could not be told` : ''}.</p>`
  }
  if (open > 0) return markup`<p><b>${open} ${open === 1 ? 'rule' : 'rules'} could not be told</b>; none failed.</p>`
  if (passed > 0) return markup`<p><b>All rules that apply and could be checked are met.</b></p>`
  return markup`<p><b>Nothing was checked</b>: no rule applies to this asset or none has a check.</p>`
}

function factsOf({ result, run, content }: ReportInput): Html {
  const { target } = run
  const score = defaultScore(result.scores)
  const told = score === undefined ? 'none, for no rule counts' : `${score.toFixed(1)} of 100`
  const fact = (name: string, value: string): Html | undefined =>
    value === ''
      ? undefined
      : markup`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`
  return markup`<dl class="facts">
    ${fact('Asset', target.primaryHostName)}
    ${fact('System', systemOf(target))}
    ${fact('Addresses', addressesIn(run))}
    ${fact('Profile', result.profileId ?? 'the benchmark’s defaults')} ${fact('Benchmark', content.benchmark.id)}
    ${fact('Evaluated', `${run.endTime.toISOString().slice(0, 19).replace('T', ' ')} UTC`)}
    ${fact('Score (XCCDF default)', result.scores.length === 0 ? '' : told)}
  </dl>`
}

const shownAddresses = 4

/** Those by which others reach the asset; all, where there are only others. */
function addressesIn(run: ReportInput['run']): string {
  const all = addressesOf(run)
  const reachable = all.filter((address) => !/^(127\.|::1$|fe80:|169\.254\.)/i.test(address))
  const some = reachable.length > 0 ? reachable : all
  const more = some.length - shownAddresses
  return `${some.slice(0, shownAddresses).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const severityOrder = ['high', 'medium', 'low', 'unknown', 'info']

/** Failures by severity: where to begin. */
function firstThings(rules: readonly RuleResult[]): Html | undefined {
  const failed = rules
    .filter(({ result }) => result === 'fail')
    .toSorted((one, other) => severityOrder.indexOf(one.severity) - severityOrder.indexOf(other.severity))
  if (failed.length === 0) return undefined
  const shown = failed.slice(0, 10)
  return markup`<section class="card">
    <h2>Where to begin</h2>
    <ol class="first">
      ${shown.map(
        (rule) =>
          markup`<li>
            <a href="#${anchor(rule.ruleId)}">${rule.title}</a>
            <span class="severity ${rule.severity}">${rule.severity}</span>
          </li>`,
      )}
    </ol>
    ${
      failed.length > shown.length
        ? markup`<p class="soft">and ${failed.length - shown.length} more below</p>`
        : undefined
    }
  </section>`
}

/** Rules under the group that holds them, in document order; groups without a selected rule are left out. */
function groupRules(
  items: ReportInput['content']['benchmark']['items'],
  rules: readonly RuleResult[],
  values: ReportInput['result']['values'],
): { readonly title: string; readonly rules: readonly RuleResult[] }[] {
  const byRule = Map.groupBy(rules, ({ ruleId }) => ruleId)
  const groups: { title: string; rules: RuleResult[] }[] = []
  const visit = (below: typeof items, path: readonly string[]): void => {
    const own = below.flatMap((item) => (item.kind === 'rule' ? (byRule.get(item.id) ?? []) : []))
    if (own.length > 0) groups.push({ title: path.join(' › '), rules: own })
    for (const item of below) if (item.kind === 'group') visit(item.children, [...path, renderText(item.title, values)])
  }
  visit(items, [])
  return groups
}

function ruleCard(input: ReportInput, prose: BenchmarkProse, rule: RuleResult): Html {
  const trace = explainRule(input.content, input.result, rule)
  const evidence = evidenceOf(trace)
  const tree = treeOf(trace)
  const variables = variablesOf(trace)
  return markup`<details class="rule r-${rule.result}" id="${anchor(rule.ruleId)}">
    <summary>
      <span><span class="badge c-${rule.result}">${words[rule.result]}</span></span
      ><span class="title">${rule.title}</span><span class="severity ${rule.severity}">${rule.severity}</span
      ><span class="why">${trace.sentence}</span>
    </summary>
    <div class="body">
      <h4>Why</h4>
      <p>${trace.sentence}</p>
      ${
        evidence === undefined
          ? undefined
          : markup`<h4>Evidence</h4>
            ${evidence}`
      }
      ${
        tree === undefined
          ? undefined
          : markup`<details>
            <summary>How the verdict follows</summary>
            ${tree}${variables}
          </details>`
      }
      ${ruleText(prose, rule.rule, input.result.values)}
    </div>
  </details>`
}
