import { decidingScripts, decidingTests } from '../../explain/deciding-tests.ts'
import { describeTest } from '../../explain/describe-test.ts'
import type {
  CheckTrace,
  DocumentTrace,
  ItemTrace,
  ObjectTrace,
  PlatformTrace,
  RuleTrace,
  SetTrace,
  TestTrace,
} from '../../explain/trace.ts'
import type { CriteriaResult } from '../../oval/model/result.ts'
import { markup, type Html } from './markup.ts'

const maxItems = 10

/** The tests that decided, with what they asked and what was found. */
export function evidenceOf(trace: RuleTrace): Html | undefined {
  const tests = decidingTests(trace)
  const scripts = decidingScripts(trace)
  if (tests.length + scripts.length === 0) return undefined
  return markup`${scripts.map(describeScript)}${tests.map(describeEvidence)}`
}

function describeScript({ href, outcome, exitStatus, stdout, stderr }: CheckTrace & { kind: 'script' }): Html {
  const printed = [stdout, stderr].map((text) => text.trim()).filter((text) => text !== '')
  return markup`<section><p>${verdict(outcome)} Script <code>${href}</code><br><span class="soft">${exitStatus === undefined ? 'did not run to its end' : `exit status ${exitStatus}`}</span></p>${printed.map((text) => markup`<pre>${text.slice(0, maxPrinted)}</pre>`)}</section>`
}

const maxPrinted = 5000

function describeEvidence(test: TestTrace): Html {
  const { object } = test
  const asked =
    object === undefined
      ? undefined
      : markup`<div class="soft">Asked (<code>${test.testType}</code>)${describeObject(object)}</div>`
  return markup`<section><p>${badge(test.result)} ${test.comment === '' ? test.testType : test.comment}<br><span class="soft">${describeTest(test)}</span></p>
${asked}${describeItems(test)}</section>`
}

/** Without states nothing was compared, so there is nothing to say beside what was found. */
function describeItems({ items, hasStates }: TestTrace): Html | undefined {
  if (items.length === 0) return undefined
  const hidden = items.length - maxItems
  const headings = hasStates
    ? markup`<th scope="col">Found</th><th scope="col">Expected</th><th scope="col">Result</th>`
    : markup`<th scope="col">Found</th>`
  return markup`<div class="scroll"><table><thead><tr>${headings}</tr></thead><tbody>${items
    .slice(0, maxItems)
    .map((item) =>
      itemRow(item, hasStates),
    )}</tbody></table></div>${hidden > 0 ? markup`<p class="soft">and ${hidden} more</p>` : undefined}`
}

function describeObject(object: ObjectTrace): Html {
  const { set } = object
  const asked = set === undefined ? markup`${describeAsked(object.asked)}${describeFilters(object)}` : describeSet(set)
  const isBare = set === undefined && object.asked.length === 0
  return markup`${isBare ? undefined : markup`: ${asked}`} — ${describeCounts(object)}`
}

/** Members one below the other, each with what was found of it. */
function describeSet({ operator, members, filters }: SetTrace): Html {
  const inner = members.map(
    (member) => markup`<li>
      ${member.kind === 'set' ? describeSet(member.set) : markup`<code>${member.object.id}</code>${describeObject(member.object)}`}
    </li>`,
  )
  const name = members.length === 1 ? 'the items of' : `${operator.toLowerCase()} of`
  return markup`${name}${describeFilters({ filters })}<ul>${inner}</ul>`
}

function describeFilters({ filters }: Pick<ObjectTrace, 'filters'>): Html[] {
  return filters.map(
    ({ action, entities }) => markup`, ${action === 'exclude' ? 'but not' : 'only'} ${describeAsked(entities)}`,
  )
}

function describeAsked(entities: ObjectTrace['asked']): Html[] {
  return entities.map(
    ({ name, operation, values }, at) =>
      markup`${at > 0 ? ', ' : ''}${name} ${askedBy[operation] ?? operation} <code>${values.slice(0, 5).join(' | ')}</code>`,
  )
}

const askedBy: Readonly<Record<string, string>> = { equals: '=', 'pattern match': 'matching' }

function describeCounts({ flag, counts, messages }: ObjectTrace): string {
  const found = counts.exists === 1 ? '1 item' : `${counts.exists} items`
  return [`${flag}, ${found}`, ...messages].join('; ')
}

function itemRow(item: ItemTrace, hasStates: boolean): Html {
  const shown = item.entities.filter(({ value }) => value !== '')
  const checks = item.states.flatMap(({ entities }) => entities)
  const line = item.line === undefined ? undefined : markup`<b>line ${item.line}</b><br>`
  const found = shown.map(
    ({ name, value }) => markup`${name.replaceAll('_', ' ')}: <code>${value ?? '(hidden)'}</code><br>`,
  )
  const expected = checks.map(
    ({ name, operation, expected: values }) =>
      markup`${name.replaceAll('_', ' ')} ${operation} <code>${values.length === 0 ? '(hidden)' : values.slice(0, 5).join(' | ')}</code><br>`,
  )
  return markup`<tr><td${hasStates ? undefined : markup` class="wide"`}>${line}${found}${item.messages}</td>${hasStates ? markup`<td>${expected}</td><td>${badge(item.result)}</td>` : undefined}</tr>`
}

const colours: Readonly<Record<string, string>> = {
  true: 'pass',
  false: 'fail',
  error: 'error',
  unknown: 'unknown',
  'not evaluated': 'notchecked',
  'not applicable': 'notapplicable',
}

const badge = (result: string): Html => markup`<span class="badge c-${colours[result] ?? result}">${result}</span>`

const verdict = (outcome: string): Html => markup`<span class="badge c-${outcome}">${outcome}</span>`

/** The way from the check down to each test, with what every step came to. */
export function treeOf(trace: RuleTrace): Html | undefined {
  if (trace.applicability !== undefined) {
    return markup`<ul class="tree">
      ${trace.applicability.map(
        ({ item, platforms }) =>
          markup`<li>
            <code>${item}</code> is for any of
            <ul>
              ${platforms.map((platform) => platformNode(trace, platform))}
            </ul>
          </li>`,
      )}
    </ul>`
  }
  return trace.check === undefined
    ? undefined
    : markup`<ul class="tree">
        ${checkNode(trace, trace.check)}
      </ul>`
}

function platformNode(trace: RuleTrace, platform: PlatformTrace): Html {
  if (platform.kind === 'definition') {
    const document = platform.document === undefined ? undefined : trace.documents[platform.document]
    return document === undefined
      ? markup`<li>${badge(platform.result)} <code>${platform.id}</code></li>`
      : definitionNode(document, platform.id, false)
  }
  return markup`<li>
    ${badge(String(platform.holds))} ${platform.negate ? 'not ' : ''}${platform.kind} of ${platform.name}
    <ul>
      ${platform.children.map((one) => platformNode(trace, one))}
    </ul>
  </li>`
}

function checkNode(trace: RuleTrace, check: CheckTrace): Html {
  if (check.kind === 'unchecked') return markup`<li>${verdict(check.outcome)} a check that was not evaluated</li>`
  if (check.kind === 'script') {
    return markup`<li>${verdict(check.outcome)} ${check.negate ? 'not ' : ''}script <code>${check.href}</code></li>`
  }
  if (check.kind === 'complex-check') {
    return markup`<li>
      ${badge(check.outcome)} ${check.negate ? 'not ' : ''}${check.operator} of
      <ul>
        ${check.children.map((one) => checkNode(trace, one))}
      </ul>
    </li>`
  }
  const document = trace.documents[check.document]
  if (document === undefined) return markup``
  return definitionNode(document, check.definition, check.negate)
}

function definitionNode(document: DocumentTrace, id: string, negate: boolean): Html {
  const definition = document.definitions[id]
  if (definition === undefined) return markup``
  return markup`<li>
    ${badge(definition.result)} ${negate ? 'not ' : ''}${definition.title === '' ? id : definition.title}
    <code>${id}</code>${
      definition.criteria === undefined
        ? undefined
        : markup`<ul>
          ${criteriaNode(document, definition.criteria)}
        </ul>`
    }
  </li>`
}

function criteriaNode(document: DocumentTrace, node: CriteriaResult): Html {
  const not = node.negate ? 'not ' : ''
  switch (node.kind) {
    case 'criteria':
      return markup`<li>
        ${badge(node.result)} ${not}${node.operator}${node.comment === '' ? '' : `: ${node.comment}`}
        <ul>
          ${node.children.map((one) => criteriaNode(document, one))}
        </ul>
      </li>`
    case 'criterion': {
      const comment = node.comment === '' ? (document.tests[node.testRef]?.comment ?? '') : node.comment
      return markup`<li>${badge(node.result)} ${not}${comment} <code>${node.testRef}</code></li>`
    }
    case 'extend_definition': {
      const title = document.definitions[node.definitionRef]?.title ?? ''
      return markup`<li>
        ${badge(node.result)} ${not}${node.comment === '' ? title : node.comment}
        <code>${node.definitionRef}</code>${extended(document, node.definitionRef)}
      </li>`
    }
  }
}

function extended(document: DocumentTrace, id: string): Html | undefined {
  const criteria = document.definitions[id]?.criteria
  return criteria === undefined
    ? undefined
    : markup`<ul>
        ${criteriaNode(document, criteria)}
      </ul>`
}

/** Variables with their values and where those come from. */
export function variablesOf(trace: RuleTrace): Html | undefined {
  const rows = trace.documents.flatMap(({ variables }) => Object.entries(variables))
  if (rows.length === 0) return undefined
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Variable</th>
          <th scope="col">Value</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([id, { values, origin, comment, messages }]) =>
            markup`<tr>
              <td>${comment === '' ? id : comment}<br /><code>${id}</code></td>
              <td>
                ${values.length === 0 ? (messages[0] ?? 'none') : markup`<code>${values.slice(0, 20).join(' | ')}</code>`}
              </td>
              <td>${origin}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
