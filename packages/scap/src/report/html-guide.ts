import type { SourceDocument } from '../bundle/source-document.ts'
import type { XmlSink } from '../xml/write.ts'
import type { BenchmarkContent } from '../xccdf/content.ts'
import type { Group, Rule } from '../xccdf/model/benchmark.ts'
import type { ResolvedProfile, ResolvedRule } from '../xccdf/resolve.ts'
import { renderText } from '../xccdf/text.ts'
import { markup, type Html } from './html/markup.ts'
import { anchor, page } from './html/page.ts'
import { proseOf, ruleText } from './html/rule-text.ts'
import { filterStyle } from './html/style.ts'
import { readProse } from './prose.ts'

/** What the guide is written from. */
export interface GuideInput {
  readonly content: BenchmarkContent
  readonly profile: ResolvedProfile
  readonly source?: SourceDocument | undefined
}

/** A profile as a document to read: its groups and rules with description, rationale and fix, its values in place. */
export function writeHtmlGuide(sink: XmlSink, { content, profile, source }: GuideInput): void {
  const { benchmark } = content
  const { values } = profile
  const prose = readProse(source)
  const selected = new Map(profile.rules.filter((rule) => rule.selected).map((rule) => [rule.rule.id, rule]))
  const title = renderText(benchmark.title, values)
  const severities = ['high', 'medium', 'low', 'info', 'unknown'].filter((severity) =>
    [...selected.values()].some((rule) => rule.severity === severity),
  )
  const body = markup`<header class="top">
      <h1>${title}</h1>
      <p class="soft">
        ${
          profile.profileId === undefined ? 'The benchmark’s own defaults' : `Profile ${profile.title}`
        }${benchmark.version === '' ? '' : `, version ${benchmark.version}`}
        — ${selected.size} rules
      </p>
    </header>
    <main id="content">
      <section class="card">
        ${proseOf(prose, benchmark.id, 'description', benchmark.description, values)}
        ${
          profile.profileId === undefined
            ? undefined
            : markup`<h2>${profile.title}</h2>
              ${proseOf(prose, profile.profileId, 'description', [profile.description], values)}`
        }
      </section>
      <nav aria-label="Contents" class="card">
        <h2>Contents</h2>
        <ul class="toc">
          ${contents(benchmark.items)}
        </ul>
      </nav>
      <form class="controls card">
        <fieldset class="filter">
          <legend>Show</legend>
          ${severities.map(
            (severity) =>
              markup`<label
                ><input type="checkbox" id="show-${severity}" checked autocomplete="off" /> ${severity}</label
              >`,
          )}
          <label hidden>Search <input type="search" id="search" autocomplete="off" /></label>
        </fieldset>
      </form>
      ${sections(benchmark.items)} ${valuesInForce()}
    </main>
    <footer>
      <p>Made by Plumbline from ${content.fileName} (SHA-256 <code>${content.digest}</code>).</p>
    </footer>`
  sink(page(title, filterStyle(severities), body))

  function hasSelected(item: Group | Rule): boolean {
    return item.kind === 'rule' ? selected.has(item.id) : item.children.some(hasSelected)
  }

  function contents(items: readonly (Group | Rule)[]): Html[] {
    return items
      .filter((item) => item.kind === 'group' && hasSelected(item))
      .map((item) => {
        const below = item.kind === 'group' ? contents(item.children) : []
        return markup`<li>
          <a href="#${anchor(item.id)}">${renderText(item.title, values)}</a>${
            below.length === 0
              ? undefined
              : markup`<ul>
                ${below}
              </ul>`
          }
        </li>`
      })
  }

  function sections(items: readonly (Group | Rule)[]): Html[] {
    return items.filter(hasSelected).map((item) => {
      if (item.kind === 'rule') {
        const rule = selected.get(item.id)
        return rule === undefined ? markup`` : ruleSection(rule)
      }
      return markup`<section id="${anchor(item.id)}">
        <h3>${renderText(item.title, values)}</h3>
        ${proseOf(prose, item.id, 'description', item.description, values)}${sections(item.children)}
      </section>`
    })
  }

  function ruleSection({ rule, severity }: ResolvedRule): Html {
    return markup`<details open class="rule r-${severity}" id="${anchor(rule.id)}">
      <summary>
        <span class="severity ${severity}">${severity}</span
        ><span class="title">${renderText(rule.title, values)}</span>
      </summary>
      <div class="body">${ruleText(prose, rule, values)}</div>
    </details>`
  }

  function valuesInForce(): Html | undefined {
    const used = new Set(
      [...selected.values()].flatMap(({ rule }) =>
        rule.checks.flatMap((check) => check.exports.map(({ valueId }) => valueId)),
      ),
    )
    const rows = Object.values(benchmark.values).filter(({ id }) => used.has(id))
    if (rows.length === 0) return undefined
    return markup`<h2>Values</h2>
      <div class="scroll card">
        <table>
          <thead>
            <tr>
              <th scope="col">Value</th>
              <th scope="col">In force</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (value) =>
                markup`<tr>
                  <td>${renderText(value.title, values)}<br /><code>${value.id}</code></td>
                  <td><code>${values[value.id]?.join(', ') ?? ''}</code></td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
  }
}
