import {
  decidingTests,
  describeTest,
  explainRule,
  type BenchmarkContent,
  type BenchmarkResult,
  type CheckTrace,
  type DocumentTrace,
  type ObjectTrace,
  type PlatformTrace,
  type RuleTrace,
  type SetTrace,
  type TestTrace,
} from '@plumbline/scap'
import { Failure } from './failure.ts'
import { printable } from './output.ts'

type CriteriaNode = NonNullable<DocumentTrace['definitions'][string]['criteria']>['children'][number]

/** Everything that led to the verdict on a rule, for a terminal. A rule is named by its id or by the end of it. */
export function explainForTerminal(content: BenchmarkContent, result: BenchmarkResult, name: string): string {
  const found = result.rules.filter(({ ruleId }) => ruleId === name || ruleId.endsWith(`_rule_${name}`))
  if (found.length === 0) throw new Failure(`the benchmark has no rule "${name}"`)
  return found.map((rule) => describeTrace(explainRule(content, result, rule))).join('\n\n')
}

function describeTrace(trace: RuleTrace): string {
  const lines = [`${trace.title} (${trace.ruleId})`, trace.sentence]
  if (trace.applicability !== undefined) {
    lines.push('', 'It would apply if:')
    for (const { item, platforms } of trace.applicability) {
      lines.push(`  ${item} is for any of`, ...platforms.flatMap((platform) => platformLines(trace, platform, '    ')))
    }
  }
  if (trace.check !== undefined) lines.push('', 'How the verdict follows:', ...checkLines(trace, trace.check, '  '))
  const tests = decidingTests(trace)
  if (tests.length > 0) lines.push('', 'What decided:', ...tests.flatMap(testLines))
  const variables = trace.documents.flatMap((document) => Object.entries(document.variables))
  if (variables.length > 0) {
    lines.push('', 'Variables:')
    for (const [id, { values, origin, messages }] of variables) {
      lines.push(`  ${id} = ${values.length === 0 ? (messages[0] ?? 'nothing') : values.join(' | ')} (${origin})`)
    }
  }
  return lines.map(printable).join('\n')
}

function platformLines(trace: RuleTrace, platform: PlatformTrace, indent: string): string[] {
  if (platform.kind === 'definition') {
    const document = platform.document === undefined ? undefined : trace.documents[platform.document]
    return document === undefined
      ? [`${indent}[${platform.result}] ${platform.id}`]
      : definitionLines(document, platform.id, indent, false)
  }
  return [
    `${indent}[${String(platform.holds)}] ${platform.negate ? 'not ' : ''}${platform.kind} of ${platform.name}`.trimEnd(),
    ...platform.children.flatMap((one) => platformLines(trace, one, `${indent}  `)),
  ]
}

function checkLines(trace: RuleTrace, check: CheckTrace, indent: string): string[] {
  switch (check.kind) {
    case 'unchecked':
      return [`${indent}[${check.outcome}] a check that was not evaluated`]
    case 'script':
      return [
        `${indent}[${check.outcome}] ${check.negate ? 'not ' : ''}script ${check.href}${check.exitStatus === undefined ? '' : `, exit status ${check.exitStatus}`}`,
        ...[check.stdout, check.stderr].flatMap((text) =>
          text
            .split('\n')
            .filter((line) => line.trim() !== '')
            .slice(0, 20)
            .map((line) => `${indent}  ${line}`),
        ),
      ]
    case 'complex-check':
      return [
        `${indent}[${check.outcome}] ${check.negate ? 'not ' : ''}${check.operator} of`,
        ...check.children.flatMap((one) => checkLines(trace, one, `${indent}  `)),
      ]
    case 'check': {
      const document = trace.documents[check.document]
      return document === undefined ? [] : definitionLines(document, check.definition, indent, check.negate)
    }
  }
}

function definitionLines(document: DocumentTrace, id: string, indent: string, negate: boolean): string[] {
  const definition = document.definitions[id]
  if (definition === undefined) return []
  return [
    `${indent}[${definition.result}] ${negate ? 'not ' : ''}${definition.title || id} (${id})`,
    ...(definition.criteria === undefined ? [] : criteriaLines(document, definition.criteria, `${indent}  `)),
  ]
}

function criteriaLines(document: DocumentTrace, node: CriteriaNode, indent: string): string[] {
  const begin = `${indent}[${node.result}] ${node.negate ? 'not ' : ''}`
  switch (node.kind) {
    case 'criteria':
      return [
        `${begin}${node.operator}${node.comment === '' ? '' : `: ${node.comment}`}`,
        ...node.children.flatMap((one) => criteriaLines(document, one, `${indent}  `)),
      ]
    case 'criterion':
      return [`${begin}${node.comment || (document.tests[node.testRef]?.comment ?? '')} (${node.testRef})`]
    case 'extend_definition':
      return [
        `${begin}${node.comment || node.definitionRef}`,
        ...definitionLines(document, node.definitionRef, `${indent}  `, false),
      ]
  }
}

function testLines(test: TestTrace): string[] {
  const { object } = test
  return [
    `  [${test.result}] ${test.comment || test.testType}: ${describeTest(test)}`,
    ...(object === undefined ? [] : objectLines(object, `asked ${test.testType}: `, '    ')),
    ...test.items.slice(0, 5).map(({ line, entities, result }) => {
      const shown = entities
        .filter(({ value }) => value !== '')
        .map(({ name, value }) => `${name}=${value ?? '(hidden)'}`)
      return `    item [${result}]${line === undefined ? '' : ` line ${line}`}: ${shown.join(', ')}`
    }),
  ]
}

function objectLines({ set, asked, ...object }: ObjectTrace, begin: string, indent: string): string[] {
  const entities = asked.map(
    ({ name, operation, values }) => `${name} ${operation === 'equals' ? '=' : operation} ${values.join(' | ')}`,
  )
  return [
    ...(set === undefined ? [`${indent}${begin}${entities.join(', ')}`] : setLines(set, begin, indent)),
    `${indent}collected: ${[object.flag, `${object.counts.exists} found`, ...object.messages].join('; ')}`,
  ]
}

function setLines({ operator, members }: SetTrace, begin: string, indent: string): string[] {
  return [
    `${indent}${begin}${members.length === 1 ? 'the items of' : `${operator.toLowerCase()} of`}`,
    ...members.flatMap((member) =>
      member.kind === 'set' ? setLines(member.set, '', `${indent}  `) : objectLines(member.object, '', `${indent}  `),
    ),
  ]
}
