import { exitStatuses } from '../sce/script.ts'
import type { RuleOutcome } from '../xccdf/model/benchmark.ts'
import { decidingScripts, decidingTests } from './deciding-tests.ts'
import { describeTest } from './describe-test.ts'
import type { RuleTrace } from './trace.ts'

const beginnings: Readonly<Record<RuleOutcome, string>> = {
  error: 'Could not be told',
  fail: 'Failed',
  fixed: 'Fixed',
  informational: 'For information',
  notapplicable: 'Does not apply',
  notchecked: 'Not checked',
  notselected: 'Not selected',
  pass: 'Passed',
  unknown: 'Not known',
}

/** More facts than this make no sentence. */
export const maxFacts = 3

/** Why a rule came to its verdict, in one plain sentence. */
export function sentenceOf(trace: RuleTrace): string {
  const beginning = beginnings[trace.result]
  const facts = factsOf(trace)
  const [first] = facts
  if (first === undefined) return `${beginning}.`
  const shown = facts.slice(0, maxFacts)
  const more = facts.length - shown.length
  const list = [...shown, ...(more > 0 ? [`${more} more ${more === 1 ? 'finding' : 'findings'}`] : [])]
  return `${beginning} because ${joinFacts(list)}.`
}

function factsOf(trace: RuleTrace): string[] {
  const [missing] = trace.applicability?.filter(({ platforms }) => !platforms.some(({ holds }) => holds)) ?? []
  const found = [
    ...describeScripts(trace),
    ...describeTests(missing === undefined ? trace : { ...trace, applicability: [missing] }),
  ]
  // What could not be judged is a reason only where nothing else is.
  if (trace.messages.length > 0 && (found.length === 0 || trace.result === 'notchecked'))
    return trace.messages.map((message) => message.replace(/\.$/, ''))
  if (missing !== undefined) {
    const because = found.length === 0 ? '' : `: ${found.slice(0, maxFacts).join('; ')}`
    return [`the asset is not ${missing.platforms.map((one) => platformName(one)).join(' or ')}${because}`]
  }
  return found
}

function describeTests(trace: RuleTrace): string[] {
  const wanted = trace.result === 'error' || trace.result === 'unknown' ? undecided(trace) : decidingTests(trace)
  // That a UNIX system is one explains nothing, unless nothing else does.
  const telling = wanted.filter(({ testType }) => testType !== 'independent/family')
  return [...new Set((telling.length > 0 ? telling : wanted).map(describeTest))]
}

/** Its last line is what a script says last, which is most often why. */
function describeScripts(trace: RuleTrace): string[] {
  return decidingScripts(trace).flatMap(({ href, exitStatus, stdout, stderr }) => {
    if (exitStatus === undefined) return []
    const said = [stdout, stderr]
      .map((text) => text.trim().split('\n').at(-1)?.trim() ?? '')
      .find((line) => line !== '')
    const quoted = said === undefined ? '' : `: ${said.length > 200 ? `${said.slice(0, 200)}…` : said}`
    return [`the script ${href} ended with status ${exitStatus}${meaningOf(exitStatus)}${quoted}`.replace(/\.$/, '')]
  })
}

function meaningOf(exitStatus: number): string {
  const found = Object.entries(exitStatuses).find(([, status]) => status === exitStatus)
  return found === undefined ? ', which says nothing' : ` (${found[0]})`
}

/** Of an error the tests that erred, as far as there are any. */
function undecided(trace: RuleTrace) {
  const tests = decidingTests(trace)
  const erred = tests.filter(({ result }) => result === 'error' || result === 'unknown')
  return erred.length > 0 ? erred : tests
}

const platformName = (platform: NonNullable<RuleTrace['applicability']>[number]['platforms'][number]): string =>
  platform.kind === 'definition' ? platform.id : `of platform ${platform.name.replace(/^#/, '')}`

export function joinFacts(facts: readonly string[]): string {
  const [only, ...rest] = facts
  if (only === undefined) return ''
  return rest.length === 0 ? only : `${facts.slice(0, -1).join('; ')}; and ${facts.at(-1)}`
}
