import { explainDefinition } from '../explain/explain-definition.ts'
import type { DefinitionClass } from '../oval/model/definition.ts'
import type { OvalResult } from '../oval/model/enumerations.ts'
import type { SystemInfo } from '../oval/model/system-characteristics.ts'
import { attribute, child, childrenNamed, childText, type XmlElement } from '../xml/element.ts'
import type { XmlSink } from '../xml/write.ts'
import type { EvaluatedDocument } from '../xccdf/evaluate.ts'
import { outcomeOfDefinition } from '../xccdf/outcomes.ts'
import { evidenceOf, treeOf, variablesOf } from './html/evidence.ts'
import { markup, type Html } from './html/markup.ts'
import { anchor, page } from './html/page.ts'
import { isWebAddress } from './html/rich-text.ts'
import { filterStyle } from './html/style.ts'
import { systemOf } from './input.ts'

/** What the report of OVAL results is written from. */
export interface OvalReportInput {
  readonly definitions: readonly ReportedDefinition[]
  /** What explains the results, by instance; they stand alone without. */
  readonly documents?: ReadonlyMap<string, EvaluatedDocument>
  /** The `oval_definitions` element: titles, descriptions and references. */
  readonly source?: XmlElement
  readonly target: SystemInfo
  /** As the results have it: an `xsd:dateTime`. */
  readonly evaluatedAt: string
  /** The program that evaluated. */
  readonly scanner: { readonly name: string; readonly version: string }
}

/** A definition as the results have it. One that was evaluated for several values of its variables has several. */
export interface ReportedDefinition {
  readonly id: string
  readonly instance: string
  readonly class: DefinitionClass
  readonly result: OvalResult
}

/** The report of OVAL results for people: one page without anything from elsewhere. */
export function writeOvalHtmlReport(sink: XmlSink, input: OvalReportInput): void {
  const { definitions, scanner, target } = input
  const asset = target.primaryHostName === '' ? 'an asset without a name' : target.primaryHostName
  const results = order.filter((result) => definitions.some((one) => one.result === result))
  const counted = (result: OvalResult): number => definitions.filter((one) => one.result === result).length
  const sources = sourcesOf(input.source)
  const body = markup`<header class="top">
      <h1>OVAL results</h1>
      <p class="soft">evaluated for <b>${asset}</b></p>
    </header>
    <main id="content">
      <section class="card" aria-label="Summary">
        <ul class="tally">
          ${results.map((result) => markup`<li class="c-notchecked"><b>${counted(result)}</b>${result}</li>`)}
        </ul>
        ${factsOf(input)}
      </section>
      <h2>Definitions</h2>
      <form class="controls card">
        <fieldset class="filter">
          <legend>Show</legend>
          ${results.map(
            (result) =>
              markup`<label
                ><input type="checkbox" id="show-${word(result)}" checked autocomplete="off" /> ${result}
                (${counted(result)})</label
              >`,
          )}
          <label hidden>Search <input type="search" id="search" autocomplete="off" /></label>
        </fieldset>
      </form>
      ${definitions.map((one) => definitionCard(input, one, sources.get(one.id)))}
    </main>
    <footer>
      <p>Evaluated by ${scanner.name} ${scanner.version}.</p>
    </footer>`
  sink(page(`${asset}: OVAL results`, filterStyle(results.map(word)), body))
}

const order: readonly OvalResult[] = ['true', 'false', 'error', 'unknown', 'not evaluated', 'not applicable']

/** A result as a part of ids and classes. */
const word = (result: OvalResult): string => result.replaceAll(' ', '-')

function factsOf({ target, evaluatedAt, definitions }: OvalReportInput): Html {
  const addresses = target.interfaces.map(({ ipAddress }) => ipAddress).filter((address) => address !== '')
  const facts: readonly (readonly [string, string])[] = [
    ['Asset', target.primaryHostName],
    ['System', systemOf(target)],
    ['Addresses', [...new Set(addresses)].join(', ')],
    ['Evaluated', evaluatedAt],
    ['Definitions', String(definitions.length)],
  ]
  return markup`<dl class="facts">
    ${facts
      .filter(([, value]) => value !== '')
      .map(
        ([name, value]) =>
          markup`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
  </dl>`
}

/** Definitions as they were written, by id. */
function sourcesOf(source: XmlElement | undefined): ReadonlyMap<string, XmlElement> {
  const definitions = source === undefined ? undefined : child(source, 'definitions')
  return new Map((definitions?.children ?? []).map((one) => [attribute(one, 'id') ?? '', one]))
}

function definitionCard(
  { documents }: OvalReportInput,
  { id, instance, class: kind, result }: ReportedDefinition,
  source: XmlElement | undefined,
): Html {
  const document = documents?.get(instance)
  // What comes to something else explains nothing.
  const trace = document?.evaluation.result(id) === result ? explainDefinition(document, id) : undefined
  const evidence = trace && evidenceOf(trace)
  const metadata = source && child(source, 'metadata')
  const title = metadata === undefined ? '' : childText(metadata, 'title').trim()
  return markup`<details class="rule r-${word(result)}" id="${anchor(instance === '1' ? id : `${id}-${instance}`)}">
    <summary>
      <span><span class="badge c-${colourOf(result, kind)}">${result}</span></span
      ><span class="title">${title === '' ? id : title}</span><span class="severity">${kind}</span
      ><span class="why">${trace?.sentence}</span>
    </summary>
    <div class="body">
      ${
        trace === undefined
          ? markup`<p class="soft">The results do not bring what would explain this.</p>`
          : markup`<h4>Why</h4>
            <p>${trace.sentence}</p>`
      }
      ${
        evidence === undefined
          ? undefined
          : markup`<h4>Evidence</h4>
            ${evidence}`
      }
      ${
        trace === undefined
          ? undefined
          : markup`<details>
            <summary>How the result follows</summary>
            ${treeOf(trace)}${variablesOf(trace)}
          </details>`
      }
      ${metadata === undefined ? undefined : descriptionOf(metadata)} ${referencesOf(id, metadata)}
    </div>
  </details>`
}

/** That a platform was recognised, or not, is neither good nor bad. */
function colourOf(result: OvalResult, kind: DefinitionClass): string {
  const isClaim = kind !== 'inventory' && kind !== 'miscellaneous'
  return isClaim || (result !== 'true' && result !== 'false') ? outcomeOfDefinition(result, kind) : 'informational'
}

function descriptionOf(metadata: XmlElement): Html | undefined {
  const text = childText(metadata, 'description').trim()
  return text === ''
    ? undefined
    : markup`<h4>Description</h4>
        <p class="lines">${text}</p>`
}

function referencesOf(id: string, metadata: XmlElement | undefined): Html {
  const references = metadata === undefined ? [] : childrenNamed(metadata, 'reference')
  return markup`<h4>Identifiers and references</h4>
    <p><code>${id}</code></p>
    <ul class="references">
      ${references.map((reference) => {
        const [source = '', name = '', href = ''] = ['source', 'ref_id', 'ref_url'].map((one) =>
          attribute(reference, one),
        )
        const label = `${source} ${name}`.trim()
        return markup`<li>
          ${isWebAddress(href) ? markup`<a href="${href}" rel="noopener noreferrer nofollow">${label === '' ? href : label}</a>` : label}
        </li>`
      })}
    </ul>`
}
