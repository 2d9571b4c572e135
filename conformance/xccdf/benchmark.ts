import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ovalSystem = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
export const scriptSystem = 'http://open-scap.org/page/SCE'

/** Definitions by what they come to. `fault` and `patch` are claims that something is wrong. */
export const definitions = { true: 1, false: 2, error: 3, unknown: 4, fault: 6, patch: 7, external: 11 } as const
type Definition = keyof typeof definitions

const definition = (number: number, kind: string, test: number): string =>
  `<definition id="oval:x:def:${number}" version="1" class="${kind}"><metadata><title>${number}</title><description>d</description></metadata><criteria><criterion test_ref="oval:x:tst:${test}"/></criteria></definition>`
const variableTest = (number: number, object: number, state: number): string =>
  `<ind:variable_test id="oval:x:tst:${number}" version="1" check="all" comment="t"><ind:object object_ref="oval:x:obj:${object}"/><ind:state state_ref="oval:x:ste:${state}"/></ind:variable_test>`
const variableObject = (number: number, variable: number): string =>
  `<ind:variable_object id="oval:x:obj:${number}" version="1"><ind:var_ref>oval:x:var:${variable}</ind:var_ref></ind:variable_object>`

/** Platforms are definitions 8 (true), 9 (false) and 10 (an error). */
const oval = `<oval_definitions xmlns="${ovalSystem}" xmlns:ind="${ovalSystem}#independent" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
<generator><oval:schema_version>5.11.1</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>${[
  definition(1, 'compliance', 1),
  definition(2, 'compliance', 2),
  definition(3, 'compliance', 3),
  definition(4, 'compliance', 4),
  definition(6, 'vulnerability', 1),
  definition(7, 'patch', 2),
  definition(8, 'inventory', 1),
  definition(9, 'inventory', 2),
  definition(10, 'inventory', 3),
].join('')}</definitions>
<tests>${variableTest(1, 1, 1)}${variableTest(2, 1, 2)}${variableTest(3, 1, 3)}<ind:unknown_test id="oval:x:tst:4" version="1" check="all" comment="u"/></tests>
<objects>${variableObject(1, 1)}</objects>
<states><ind:variable_state id="oval:x:ste:1" version="1"><ind:value>1</ind:value></ind:variable_state><ind:variable_state id="oval:x:ste:2" version="1"><ind:value>2</ind:value></ind:variable_state><ind:variable_state id="oval:x:ste:3" version="1"><ind:value var_ref="oval:x:var:2"/></ind:variable_state></states>
<variables><constant_variable id="oval:x:var:1" version="1" datatype="string" comment="c"><value>1</value></constant_variable><external_variable id="oval:x:var:2" version="1" datatype="string" comment="c"/></variables>
</oval_definitions>`

/** Variable 3 is what checks export; it has to be 1. */
const exporting = `<oval_definitions xmlns="${ovalSystem}" xmlns:ind="${ovalSystem}#independent" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
<generator><oval:schema_version>5.11.1</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>${definition(11, 'compliance', 6)}</definitions>
<tests>${variableTest(6, 3, 1)}</tests>
<objects>${variableObject(3, 3)}</objects>
<states><ind:variable_state id="oval:x:ste:1" version="1"><ind:value>1</ind:value></ind:variable_state></states>
<variables><external_variable id="oval:x:var:3" version="1" datatype="string" comment="c"/></variables>
</oval_definitions>`

const empty = `<oval_definitions xmlns="${ovalSystem}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
<generator><oval:schema_version>5.11.1</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
</oval_definitions>`

const fact = (number: number): string =>
  `<cpe:check-fact-ref system="${ovalSystem}" href="oval.xml" id-ref="oval:x:def:${number}"/>`
const named = (name: string): string => `<cpe:fact-ref name="${name}"/>`
const all = (negate: boolean, ...parts: string[]): string =>
  `<cpe:logical-test operator="AND" negate="${negate}">${parts.join('')}</cpe:logical-test>`
const any = (negate: boolean, ...parts: string[]): string =>
  `<cpe:logical-test operator="OR" negate="${negate}">${parts.join('')}</cpe:logical-test>`

/** Platforms of the benchmark by their id. */
const platforms: Readonly<Record<string, string>> = {
  yes: all(false, fact(8)),
  no: all(false, fact(9)),
  erring: all(false, fact(10)),
  not_erring: all(true, fact(10)),
  both: all(false, fact(8), fact(9)),
  either: any(false, fact(8), fact(9)),
  nested: all(false, any(true, fact(9), fact(9)), fact(8)),
  not_not: any(true, all(true, fact(8))),
  in_dictionary: all(false, named('cpe:/o:x:yes')),
  in_none: all(false, named('cpe:/o:x:nothing')),
}
const dictionary = `<cpe-list xmlns="http://cpe.mitre.org/dictionary/2.0">${(
  [
    ['yes', 8],
    ['no', 9],
    ['erring', 10],
  ] as const
)
  .map(
    ([name, number]) =>
      `<cpe-item name="cpe:/o:x:${name}"><title>${name}</title><check system="${ovalSystem}" href="oval.xml">oval:x:def:${number}</check></cpe-item>`,
  )
  .join('')}</cpe-list>`

/** A check of OVAL: by what its definition comes to; `all` names none. */
export function check(which: Definition | 'all', attributes = '', inside = ''): string {
  const name = which === 'all' ? '' : ` name="oval:x:def:${definitions[which]}"`
  const href = which === 'external' ? 'exporting.xml' : 'oval.xml'
  return `<check system="${ovalSystem}" ${attributes}>${inside}<check-content-ref href="${href}"${name}/></check>`
}
export const reference = (href: string, number?: number): string =>
  `<check-content-ref href="${href}"${number === undefined ? '' : ` name="oval:x:def:${number}"`}/>`
export const questionnaire =
  '<check system="http://scap.nist.gov/schema/ocil/2"><check-content-ref href="ocil.xml"/></check>'
export const complex = (operator: 'AND' | 'OR', negate: boolean, ...parts: readonly string[]): string =>
  `<complex-check operator="${operator}" negate="${negate}">${parts.join('')}</complex-check>`
export const exported = (value: string): string =>
  `<check-export value-id="xccdf_x_value_${value}" export-name="oval:x:var:3"/>`
export const ruleId = (name: string): string => `xccdf_x_rule_${name}`
export const requires = (...names: readonly string[]): string => `<requires idref="${names.map(ruleId).join(' ')}"/>`
export const conflicts = (name: string): string => `<conflicts idref="${ruleId(name)}"/>`
export const rule = (name: string, inside: string, attributes = 'selected="true"'): string =>
  `<Rule id="${ruleId(name)}" ${attributes}><title>${name}</title>${inside}</Rule>`
export const group = (name: string, inside: string, attributes = 'selected="true"'): string =>
  `<Group id="xccdf_x_group_${name}" ${attributes}><title>${name}</title>${inside}</Group>`
export const value = (name: string, inside: string, attributes = 'type="string"'): string =>
  `<Value id="xccdf_x_value_${name}" ${attributes}><title>${name}</title>${inside}</Value>`
export const profile = (name: string, inside: string, base?: string): string =>
  `<Profile id="xccdf_x_profile_${name}"${base === undefined ? '' : ` extends="xccdf_x_profile_${base}"`}><title>${name}</title>${inside}</Profile>`

/** Writes the benchmark with its OVAL document and its dictionary; answers the path of the benchmark. */
export function writeBenchmark(folder: string, inside: string): string {
  const models = ['default', 'flat', 'flat-unweighted', 'absolute'].map(
    (name) => `<model system="urn:xccdf:scoring:${name}"/>`,
  )
  const defined = Object.entries(platforms).map(([id, test]) => `<cpe:platform id="${id}">${test}</cpe:platform>`)
  const write = (name: string, text: string): string => {
    // The referee overlooks an element that follows another without white space.
    writeFileSync(join(folder, name), text.replaceAll('><', '>\n<'))
    return join(folder, name)
  }
  write('oval.xml', oval)
  write('exporting.xml', exporting)
  write('empty.xml', empty)
  write('x-cpe-dictionary.xml', dictionary)
  return write(
    'x-xccdf.xml',
    `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><title>b</title><cpe:platform-specification xmlns:cpe="http://cpe.mitre.org/language/2.0">${defined.join('')}</cpe:platform-specification><version>1</version>${models.join('')}${inside}</Benchmark>`,
  )
}

/** Writes a tailoring of these profiles; answers its path. */
export function writeTailoring(folder: string, profiles: string): string {
  const path = join(folder, 'tailoring.xml')
  writeFileSync(
    path,
    `<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_tailoring_t"><version time="2026-01-01T00:00:00">1</version>${profiles}</Tailoring>`.replaceAll(
      '><',
      '>\n<',
    ),
  )
  return path
}
