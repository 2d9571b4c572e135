import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { decidingTests } from '../explain/deciding-tests.ts'
import { describeTest } from '../explain/describe-test.ts'
import { explainRule } from '../explain/explain-rule.ts'
import { resolveProfile } from '../xccdf/resolve.ts'
import { attribute, child, descendants } from '../xml/element.ts'
import { readXml } from '../xml/read.ts'
import { escapeHtml, markup } from './html/markup.ts'
import { fixScript, richText } from './html/rich-text.ts'
import { writeHtmlGuide } from './html-guide.ts'
import { writeHtmlReport } from './html-report.ts'
import { selectedRules, systemOf, type ReportInput } from './input.ts'
import { exampleInput, streams } from './testing.ts'

const reportOf = (input: ReportInput): string => {
  const chunks: string[] = []
  writeHtmlReport((chunk) => chunks.push(chunk), input)
  return chunks.join('')
}

const guideOf = ({ content, source }: ReportInput, profile: string): string => {
  const chunks: string[] = []
  writeHtmlGuide((chunk) => chunks.push(chunk), {
    content,
    profile: resolveProfile(content.benchmark, profile),
    source,
  })
  return chunks.join('')
}

for (const [stream, profile] of streams) {
  const input = exampleInput(stream, profile)
  const written = [...descendants(readXml(readFileSync(stream), stream))].filter(({ name }) => name === 'Rule')
  const fixed = new Set(written.filter((one) => child(one, 'fix')).map((one) => attribute(one, 'id')))
  const name = `${basename(stream)}, ${profile}`
  for (const [kind, page] of [
    ['report', reportOf(input)],
    ['guide', guideOf(input, profile)],
  ] as const) {
    test(`the ${kind} has every selected rule once, and each id once: ${name}`, () => {
      const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id)
      assert.deepEqual(ids, [...new Set(ids)])
      for (const { ruleId } of selectedRules(input.result)) assert.ok(ids.includes(ruleId), ruleId)
      for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target!), target)
    })

    test(`the ${kind} loads nothing and allows no script but its own: ${name}`, () => {
      assert.doesNotMatch(page, /\bsrc=|<link\b|@import|url\(|\bon\w+="|<iframe|<object|<img/i)
      assert.equal(page.match(/<script/g)?.length, 1)
      const [, policy = ''] = /Content-Security-Policy"\s+content="([^"]+)"/.exec(page) ?? []
      for (const tag of ['style', 'script']) {
        const [, inner = ''] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page) ?? []
        assert.ok(policy.includes(`sha256-${createHash('sha256').update(inner).digest('base64')}`), tag)
      }
    })

    test(`the ${kind} tells of each rule what its author wrote: ${name}`, () => {
      const cards = cardsOf(page)
      for (const { ruleId, rule } of selectedRules(input.result)) {
        const headings = headingsOf(cards.get(ruleId) ?? '')
        const texts = { Description: rule.description, Rationale: rule.rationale, Fix: rule.fixText }
        for (const [heading, text] of Object.entries(texts)) {
          if (text.length > 0) assert.ok(headings.includes(heading), `${ruleId}: ${heading} of ${headings.join(', ')}`)
        }
        assert.ok(headings.includes('Fix') || !fixed.has(ruleId), `${ruleId}: a fix of ${headings.join(', ')}`)
      }
    })

    test(`the ${kind} is well formed: ${name}`, () => assertBalanced(page))
  }
}

for (const [stream, profile] of streams) {
  test(`the report tells of each rule its verdict, why, and what that rests on: ${basename(stream)}`, () => {
    const input = exampleInput(stream, profile)
    const cards = cardsOf(reportOf(input))
    let evident = 0
    for (const rule of selectedRules(input.result)) {
      const [card, trace] = [cards.get(rule.ruleId) ?? '', explainRule(input.content, input.result, rule)]
      assert.match(card, new RegExp(`<span class="badge c-${rule.result}">`))
      assert.equal(card.split(escapeHtml(trace.sentence)).length, 3, `the sentence of ${rule.ruleId}`)
      for (const test of decidingTests(trace)) {
        evident += 1
        assert.ok(card.includes(escapeHtml(describeTest(test))), rule.ruleId)
        assert.ok(headingsOf(card).includes('Evidence'), rule.ruleId)
      }
    }
    assert.ok(evident > 50, `${evident} pieces of evidence`)
  })
}

/** The card of each rule, by its id. */
function cardsOf(page: string): ReadonlyMap<string, string> {
  const parts = page.split(/<details (?:open )?class="rule[^"]*" id="/).slice(1)
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('"')), part]))
}

const headingsOf = (card: string): string[] => [...card.matchAll(/<h4>([^<]+)<\/h4>/g)].map(([, text = '']) => text)

const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\u202e`

test('words of content and asset stay words wherever they stand in the report', () => {
  const input = exampleInput(...streams[0]!)
  const replaceStrings = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaceStrings)
    if (typeof value !== 'object' || value === null || typeof Object.values(value)[0] === 'function') return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        typeof inner === 'string' && /title|comment|text|message|Name|Version|publisher/i.test(key)
          ? hostile
          : key === 'messages'
            ? [hostile]
            : key === 'title' || key === 'description' || key === 'rationale'
              ? [hostile]
              : replaceStrings(inner),
      ]),
    )
  }
  const result = {
    ...input.result,
    title: hostile,
    rules: input.result.rules.map((rule) => ({
      ...rule,
      title: hostile,
      messages: [hostile],
      rule: replaceStrings(rule.rule) as typeof rule.rule,
    })),
  }
  const run = { ...input.run, target: { ...input.run.target, primaryHostName: hostile, osName: hostile } }
  const { source: _, ...rest } = input
  const page = reportOf({ ...rest, result, run })
  assert.equal(page.match(/<script/g)?.length, 1)
  assert.ok(!page.includes('<img'))
  assert.ok(!page.includes('\u202e'))
  assert.ok(page.includes('&lt;script&gt;alert(1)'))
  assertBalanced(page)
})

test('a version that the name of the system ends with is told once', () => {
  const target = { ...exampleInput(...streams[0]!).run.target, architecture: 'x86_64' }
  const told = (osName: string, osVersion: string): string => systemOf({ ...target, osName, osVersion })
  assert.equal(told('Debian GNU/Linux 12 (bookworm)', '12'), 'Debian GNU/Linux 12 (bookworm) x86_64')
  assert.equal(told('Linux', '6.1.0'), 'Linux 6.1.0 x86_64')
  assert.equal(told('Debian GNU/Linux 12', '2'), 'Debian GNU/Linux 12 2 x86_64')
})

const xhtml = (inner: string) =>
  readXml(
    Buffer.from(
      `<description xmlns="http://checklists.nist.gov/xccdf/1.2" xmlns:h="http://www.w3.org/1999/xhtml">${inner}</description>`,
    ),
    'x.xml',
  )

test('descriptions keep a whitelist of XHTML', () => {
  for (const [given, kept] of [
    ['<h:p onclick="x()">a <h:b style="x">b</h:b></h:p>', '<p>a <b>b</b></p>'],
    ['<h:script>alert(1)</h:script>x<h:style>*{}</h:style>', 'x'],
    ['<h:a href="javascript:alert(1)">x</h:a>', 'x'],
    [
      '<h:a href=" https://example.org/?a=1&amp;b=%22">x</h:a>',
      '<a href="https://example.org/?a=1&amp;b=%22" rel="noopener noreferrer nofollow">x</a>',
    ],
    ['<h:iframe src="https://x">y</h:iframe>', ''],
    ['<h:font color="red">x</h:font>', 'x'],
    ['<h:img src="https://x"/>', ''],
    ['a &lt;script&gt; &amp;', 'a &lt;script&gt; &amp;'],
    ['<sub idref="v"/>', '<var>5 &lt; 6</var>'],
    [
      '&lt;VulnDiscussion&gt;Because.&lt;/VulnDiscussion&gt;&lt;FalsePositives&gt;&lt;/FalsePositives&gt;',
      '<p class="lines">Because.</p>',
    ],
    ['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', ''],
  ] as const) {
    assert.equal(richText(xhtml(given), { v: ['5 < 6'] }).html, kept)
  }
})

test('a fix has the values in their places', () => {
  assert.equal(fixScript(xhtml('set <sub idref="v"/>; <sub idref="none"/>'), { v: ['5'] }), 'set 5; none')
})

test('whatever is put into markup is escaped, markup itself is not', () => {
  assert.equal(
    markup`<p title="${'"<'}">${[markup`<b>${'&'}</b>`, 1, undefined]}</p>`.html,
    '<p title="&quot;&lt;"><b>&amp;</b>1</p>',
  )
  assert.equal(escapeHtml('\u0000\u202e'), '\u{fffd}\u{fffd}')
})

const unclosed = new Set(['br', 'hr', 'input', 'meta'])

/** Every element that is opened is closed, in order. */
function assertBalanced(page: string): void {
  const open: string[] = []
  const body = page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '').replace(/<!doctype html>/i, '')
  for (const [tag, slash, name = ''] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^<>]*>/gi)) {
    if (unclosed.has(name)) continue
    if (slash === '') open.push(name)
    else assert.equal(open.pop(), name, `${tag} after ${open.slice(-5).join(' > ')}`)
  }
  assert.deepEqual(open, [])
}
