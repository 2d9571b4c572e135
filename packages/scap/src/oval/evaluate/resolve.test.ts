import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readXml } from '../../xml/read.ts'
import { createEvaluation } from './evaluation.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'
import { parseOval } from '../parse.ts'

const document = `<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
  xmlns:ind="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent">
<objects>
  <ind:textfilecontent54_object id="oval:x:obj:1" version="1">
    <ind:filepath>/etc/shadow</ind:filepath><ind:pattern operation="pattern match">^(\\w+):!</ind:pattern><ind:instance>1</ind:instance>
  </ind:textfilecontent54_object>
  <ind:textfilecontent54_object id="oval:x:obj:2" version="1">
    <ind:filepath>/etc/passwd</ind:filepath><ind:pattern operation="pattern match">^(\\w+):</ind:pattern><ind:instance>1</ind:instance>
    <filter action="exclude">oval:x:ste:1</filter>
  </ind:textfilecontent54_object>
</objects>
<states>
  <ind:textfilecontent54_state id="oval:x:ste:1" version="1"><ind:subexpression var_ref="oval:x:var:1" var_check="at least one"/></ind:textfilecontent54_state>
</states>
<variables>
  <local_variable id="oval:x:var:1" version="1" datatype="string" comment="">
    <object_component object_ref="oval:x:obj:1" item_field="subexpression"/>
  </local_variable>
</variables>
</oval_definitions>`

test('a filter whose values could not be read leaves its object unresolved, with the reason', () => {
  const content = parseOval(readXml(Buffer.from(document), 'test'))
  const shadow = (flag: CollectedObject['flag'], ...messages: readonly string[]): CollectedObject => ({
    flag,
    messages,
    items: [],
    collectedAt: '2026-01-01T00:00:00Z',
  })
  const resolved = (found: CollectedObject) => {
    const source = { find: () => found }
    return createEvaluation({ content, externalVariables: {}, source, now: new Date(0) }).resolveObject('oval:x:obj:2')
      .unresolved
  }
  const { flag, messages = [] } = resolved(shadow('error', 'cannot read /etc/shadow')) ?? {}
  assert.deepEqual([flag, messages.at(-1)], ['error', 'cannot read /etc/shadow'])
  // Without any locked account nothing is dropped.
  assert.equal(resolved(shadow('does not exist')), undefined)
})
