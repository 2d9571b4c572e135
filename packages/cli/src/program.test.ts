import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from './program.ts'

/** Those that do something, by the words that call them. */
function leaves(command: Command, words: readonly string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[words.join(' '), command]]
  return command.commands.flatMap((one) => leaves(one, [...words, one.name()]))
}

test('the help of every command has an example, which calls it', async () => {
  const all = leaves(await createProgram())
  assert.ok(all.length > 60, String(all.length))
  for (const [words, command] of all) {
    let help = ''
    command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()
    const [, examples = ''] = help.split(/^Examples?:$/m)
    assert.ok(examples.includes(`plumbline ${words}`), `${words}: ${help}`)
  }
})
