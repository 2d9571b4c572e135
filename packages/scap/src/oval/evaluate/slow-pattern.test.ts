import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readXml } from '../../xml/read.ts'
import type { Item } from '../model/item.ts'
import { parseOval } from '../parse.ts'
import { createEvaluation } from './evaluation.ts'

const namespace = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
/** An account's name that the pattern below cannot be done with, and one that is soon told. */
const hostile = `${'a'.repeat(3000)}!`
const slow = '(a+)+$'

/** An account must have a name that matches; the set leaves out those whose names match. */
const content = parseOval(
  readXml(
    `<oval_definitions xmlns="${namespace}" xmlns:u="${namespace}#unix">
<definitions><definition id="oval:x:def:1" version="1" class="compliance"><metadata><title>one</title><description/></metadata>
<criteria><criterion test_ref="oval:x:tst:1"/></criteria></definition></definitions>
<tests><u:password_test id="oval:x:tst:1" version="1" check="all" comment="c"><u:object object_ref="oval:x:obj:1"/><u:state state_ref="oval:x:ste:1"/></u:password_test>
<u:password_test id="oval:x:tst:2" version="1" check="all" comment="c"><u:object object_ref="oval:x:obj:2"/></u:password_test></tests>
<objects><u:password_object id="oval:x:obj:1" version="1"><u:username operation="pattern match">.*</u:username></u:password_object>
<u:password_object id="oval:x:obj:2" version="1"><set><object_reference>oval:x:obj:1</object_reference><filter action="exclude">oval:x:ste:1</filter></set></u:password_object></objects>
<states><u:password_state id="oval:x:ste:1" version="1"><u:username operation="pattern match">${slow}</u:username></u:password_state></states>
</oval_definitions>`,
    'x.xml',
  ),
)

const account = (username: string): Item => ({
  testType: 'unix/password',
  status: 'exists',
  entities: [{ name: 'username', datatype: 'string', status: 'exists', value: username }],
})

const over = (items: readonly Item[]) =>
  createEvaluation({
    content,
    source: { find: () => ({ flag: 'complete', messages: [], collectedAt: '', items }) },
  })

const many = Array.from({ length: 100 }, (_, at) => account(`${at}${hostile}`))

test('a pattern that takes too long is tried once for all items of a test', { timeout: 30_000 }, () => {
  const { result, messages, items } = over(many).test('oval:x:tst:1')
  assert.equal(result, 'error')
  assert.deepEqual(messages, [`matching the pattern "${slow}" took too long, and it was tried on nothing more`])
  assert.deepEqual(new Set(items.map((item) => item.result)), new Set(['error']))
})

test('and once for all items of a set, none of which disappears', { timeout: 30_000 }, () => {
  assert.equal(over(many).object('oval:x:obj:2').items.length, 100)
})

test('what took too long on one asset is tried on the next', { timeout: 30_000 }, () => {
  assert.equal(over([account(hostile)]).result('oval:x:def:1'), 'error')
  assert.equal(over([account('a'.repeat(3000))]).result('oval:x:def:1'), 'true')
})
