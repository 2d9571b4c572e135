import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { readJsonBody } from './json-body.ts'

const schema = Type.Object({
  name: Type.String({ minLength: 1, pattern: '^[a-z]*$' }),
  password: Type.Optional(Type.Union([Type.Null(), Type.String({ minLength: 1 })])),
  elevation: Type.Optional(Type.Union([Type.Literal('none'), Type.Literal('sudo')])),
  at: Type.Optional(Type.Object({ port: Type.Integer({ minimum: 1 }) })),
})

const rows: readonly (readonly [body: unknown, problems: readonly string[]])[] = [
  [{}, ['name: a value']],
  [{ name: 5 }, ['name: string']],
  [{ name: 'A' }, ['name: must match pattern "^[a-z]*$"']],
  [{ name: 'a', password: 5 }, ['password: null or string']],
  [{ name: 'a', elevation: 'doas' }, ['elevation: "none" or "sudo"']],
  [{ name: 'a', at: {} }, ['at.port: a value']],
  [{ name: 'a', at: { port: 0 } }, ['at.port: >= 1']],
  [[], [': object']],
  [{ name: 'a\ud800' }, ['name: must match pattern "^[a-z]*$"']],
  [{ name: 'a', password: 'x\0' }, ['password: a string of Unicode characters without NUL']],
]

for (const [body, problems] of rows) {
  test(`${JSON.stringify(body)} is refused with what is allowed`, () => {
    const read = readJsonBody(schema, Buffer.from(JSON.stringify(body)))
    const told = 'problems' in read ? read.problems.map(({ member, allowed }) => `${member}: ${allowed}`) : []
    assert.deepEqual(told, problems)
  })
}
