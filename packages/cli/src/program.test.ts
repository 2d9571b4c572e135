import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from './program.ts'

/** Those that do something, by the words that call them. */
function leaves(command: Command, words: readonly string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[words.join(' '), command]]
  return command.commands.flatMap((one) => leaves(one, [...words, one.name()]))
}

/** What a command says to `--help`. */
function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()
  return help
}

test('the help of every command has an example, which calls it', async () => {
  const all = leaves(await createProgram())
  assert.ok(all.length > 60, String(all.length))
  for (const [words, command] of all) {
    const help = helpOf(command)
    const [, examples = ''] = help.split(/^Examples?:$/m)
    assert.ok(examples.includes(`plumbline ${words}`), `${words}: ${help}`)
  }
})

test('the examples name standards and rules that a new server has', async () => {
  const place = '../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml'
  const content = readFileSync(new URL(place, import.meta.url), 'utf8')
  const profiles = ['Essential', 'Server', 'Strict'].map((profile) => `Plumbline Linux baseline: ${profile}`)
  const named = leaves(await createProgram()).flatMap(([words, command]) => {
    const help = helpOf(command)
    return [
      ...help.matchAll(/(?<standard>'[^'\n]*baseline[^'\n]*')/gi),
      ...help.matchAll(/--standard (?<standard>'[^']*'|\w\S*)/g),
      ...help.matchAll(/--rule (?<rule>\w\S*)/g),
    ].map(({ groups = {} }) => ({ words, standard: groups['standard'], rule: groups['rule'] }))
  })
  const unknown = named.filter(({ standard, rule }) =>
    rule === undefined
      ? !profiles.some((profile) => `'${profile}'`.toLowerCase() === standard?.toLowerCase())
      : !content.includes(`id="${rule}"`),
  )
  assert.ok(named.length > 5, String(named.length))
  assert.deepEqual(unknown, [])
})
