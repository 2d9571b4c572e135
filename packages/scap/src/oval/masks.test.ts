import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { traceTest } from '../explain/explain-test.ts'
import { traceVariable } from '../explain/explain-variable.ts'
import { readXml } from '../xml/read.ts'
import { writeXml } from '../xml/write.ts'
import { createEvaluation } from './evaluate/evaluation.ts'
import { parseSystemCharacteristics, sourceById } from './parse-system-characteristics.ts'
import { parseOval } from './parse.ts'
import { writeOvalResults } from './write/results.ts'
import { writeSystemCharacteristics } from './write/system-characteristics.ts'

const unix = 'http://oval.mitre.org/XMLSchema/oval-definitions-5#unix'
const independent = 'http://oval.mitre.org/XMLSchema/oval-definitions-5#independent'

/** Definition 1 has every test there is, so that each item and variable is reported. */
const contentOf = (parts: { tests: string[]; objects: string; states: string; variables?: string }) =>
  parseOval(
    readXml(
      `<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5">
      <definitions><definition id="oval:x:def:1" version="1" class="compliance"><criteria operator="OR">
      ${parts.tests.map((_, i) => `<criterion test_ref="oval:x:tst:${i + 1}"/>`).join('')}
      </criteria></definition></definitions>
      <tests>${parts.tests.join('')}</tests><objects>${parts.objects}</objects><states>${parts.states}</states>
      ${parts.variables === undefined ? '' : `<variables>${parts.variables}</variables>`}
      </oval_definitions>`,
      'definitions.xml',
    ),
  )

const characteristics = parseSystemCharacteristics(
  readXml(
    `<oval_system_characteristics xmlns="http://oval.mitre.org/XMLSchema/oval-system-characteristics-5"
      xmlns:sc="http://oval.mitre.org/XMLSchema/oval-system-characteristics-5">
    <system_info/>
    <collected_objects>
      <object id="oval:x:obj:1" version="1" flag="complete"><reference item_ref="1"/></object>
      <object id="oval:x:obj:2" version="1" flag="complete"><reference item_ref="1"/></object>
      <object id="oval:x:obj:3" version="1" flag="complete"><reference item_ref="2"/></object>
    </collected_objects>
    <system_data>
      <password_item xmlns="http://oval.mitre.org/XMLSchema/oval-system-characteristics-5#unix" id="1">
        <username>root</username><password>TOP-SECRET</password></password_item>
      <yamlfilecontent_item xmlns="http://oval.mitre.org/XMLSchema/oval-system-characteristics-5#independent" id="2">
        <filepath>/etc/x.yaml</filepath>
        <value datatype="record"><sc:field name="key">TOP-SECRET</sc:field><sc:field name="user">root</sc:field></value>
      </yamlfilecontent_item>
    </system_data></oval_system_characteristics>`,
    'system-characteristics.xml',
  ),
)

const passwordTest = (id: number, object: number, state?: number) =>
  `<password_test xmlns="${unix}" id="oval:x:tst:${id}" version="1" check="all" comment="x">
  <object object_ref="oval:x:obj:${object}"/>${state === undefined ? '' : `<state state_ref="oval:x:ste:${state}"/>`}
  </password_test>`
const passwordObject = (id: number, inner = '') =>
  `<password_object xmlns="${unix}" id="oval:x:obj:${id}" version="1"><username>root</username>${inner}</password_object>`
const passwordState = (id: number, mask: boolean) =>
  `<password_state xmlns="${unix}" id="oval:x:ste:${id}" version="1">
  <password operation="not equal"${mask ? ' mask="true"' : ''}>x</password></password_state>`
const yamlTest = `<yamlfilecontent_test xmlns="${independent}" id="oval:x:tst:1" version="1" check="all" comment="x">
  <object object_ref="oval:x:obj:3"/><state state_ref="oval:x:ste:1"/></yamlfilecontent_test>`
const yamlObject = `<yamlfilecontent_object xmlns="${independent}" id="oval:x:obj:3" version="1">
  <filepath>/etc/x.yaml</filepath><yamlpath>.</yamlpath></yamlfilecontent_object>`
const yamlState = (recordMask: string, fieldMask: string) =>
  `<yamlfilecontent_state xmlns="${independent}" id="oval:x:ste:1" version="1"><value datatype="record"${recordMask}>
  <field xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" name="key"${fieldMask}>a</field></value>
  </yamlfilecontent_state>`
const variableTest = (
  id: number,
) => `<variable_test xmlns="${independent}" id="oval:x:tst:${id}" version="1" check="all"
  comment="x"><object object_ref="oval:x:obj:9"/></variable_test>`
const variableObject = `<variable_object xmlns="${independent}" id="oval:x:obj:9" version="1">
  <var_ref>oval:x:var:2</var_ref></variable_object>`
const variables = `<local_variable id="oval:x:var:1" version="1" datatype="string" comment="x">
  <object_component object_ref="oval:x:obj:1" item_field="password"/></local_variable>
  <local_variable id="oval:x:var:2" version="1" datatype="string" comment="x">
  <concat><literal_component>a</literal_component><variable_component var_ref="oval:x:var:1"/></concat></local_variable>`

describe('a value that is masked is in no result and in no explanation, but in what was collected', () => {
  const cases: Record<string, Parameters<typeof contentOf>[0]> = {
    'by a state': { tests: [passwordTest(1, 1, 1)], objects: passwordObject(1), states: passwordState(1, true) },
    'by a state that only a filter names': {
      tests: [passwordTest(1, 1)],
      objects: passwordObject(
        1,
        '<filter xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" action="include">oval:x:ste:1</filter>',
      ),
      states: passwordState(1, true),
    },
    'by one of two tests of the same item': {
      tests: [passwordTest(1, 1, 1), passwordTest(2, 2, 2)],
      objects: passwordObject(1) + passwordObject(2),
      states: passwordState(1, true) + passwordState(2, false),
    },
    'as a field of a record': { tests: [yamlTest], objects: yamlObject, states: yamlState('', ' mask="true"') },
    'as a record, with all its fields': { tests: [yamlTest], objects: yamlObject, states: yamlState(' mask="1"', '') },
    'and what a variable makes of it': {
      tests: [passwordTest(1, 1, 1), variableTest(2)],
      objects: passwordObject(1) + variableObject,
      states: passwordState(1, true),
      variables,
    },
  }
  for (const [name, parts] of Object.entries(cases)) {
    test(name, () => {
      const content = contentOf(parts)
      const evaluation = createEvaluation({ content, source: sourceById(characteristics) })
      const input = {
        content,
        evaluation,
        systemInfo: characteristics.systemInfo,
        generator: { productName: 'x', productVersion: '1', timestamp: '2026-01-01T00:00:00Z' },
      }
      assert.match(
        writeXml((writer) => writeSystemCharacteristics(writer, input)),
        /TOP-SECRET/,
      )
      const traces = [
        ...parts.tests.map((_, i) => traceTest(content, evaluation, `oval:x:tst:${i + 1}`)),
        ...Object.keys(content.variables).map((id) => traceVariable(content, evaluation, id)),
      ]
      const results = writeXml((writer) => writeOvalResults(writer, input))
      assert.doesNotMatch(results, /TOP-SECRET/)
      assert.match(results, /mask="true"/)
      assert.match(results, /root|x\.yaml/)
      assert.doesNotMatch(JSON.stringify(traces), /TOP-SECRET/)
    })
  }

  test('and who reads such results does not know whether it is the one asked for', () => {
    const content = contentOf(cases['by a state']!)
    const object = characteristics.objects.get('oval:x:obj:1')!
    const items = object.items.map((item) => ({
      ...item,
      entities: item.entities.map((one) => (one.name === 'password' ? { ...one, value: '', mask: true } : one)),
    }))
    const evaluation = createEvaluation({ content, source: { find: () => ({ ...object, items }) } })
    assert.equal(evaluation.result('oval:x:def:1'), 'unknown')
  })
})
