import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RunningServer } from './running-server.ts'

const root = join(import.meta.dirname, '..')
const entry = join(root, 'packages/cli/src/main.ts')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The fenced blocks of a language, in their order. */
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text ?? '')

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const needs = (...programs: string[]): string | false => {
  const missing = programs.filter((program) => !has(program))
  return missing.length === 0 || process.env['CI'] === 'true' ? false : `not installed: ${missing.join(', ')}`
}

test('the first command of each set-up is what CI and the package know', () => {
  const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts
  assert.ok(blocks('sh').includes('npm ci && npm start\n'))
  assert.ok(blocks('sh').includes('npm ci && npm test\n'))
  assert.ok('start' in scripts && 'test' in scripts)
  assert.match(readFileSync(join(root, '.ci/run'), 'utf8'), /^npm ci\n(?:.*\n)*?npm test$/m)
})

test('the request of the README changes a job, with curl', { skip: needs('curl', 'jq') }, async (t) => {
  const server = await RunningServer.start()
  t.after(() => server.remove())
  const script = blocks('sh').find((block) => block.includes('curl -sS'))
  assert.ok(script)
  const there = script.replaceAll('https://127.0.0.1:12431', server.url).replace('plumbline-data', server.dataDirectory)
  const answer = spawnSync('sh', ['-ec', there], {
    env: { ...process.env, PASSWORD: RunningServer.password },
    encoding: 'utf8',
  })
  assert.equal(answer.status, 0, answer.stderr)
  assert.match(answer.stdout, /^HTTP\/1\.1 204 No Content/)
})

test('the request of the README changes a job, with Python', { skip: needs('python3') }, async (t) => {
  const server = await RunningServer.start()
  t.after(() => server.remove())
  const job = (await server.request('GET', '/ccs/api/v1/jobs?jobname=Check+this+machine')).body as { JobID: string }
  const [script] = blocks('python')
  assert.ok(script)
  const there = script
    .replaceAll('https://127.0.0.1:12431', server.url)
    .replaceAll('plumbline-data', server.dataDirectory)
    .replace('b"..."', `b"${RunningServer.password}"`)
    .replace('"JobID":"..."', `"JobID":"${job.JobID}"`)
  const answer = spawnSync('python3', ['-c', there], { encoding: 'utf8' })
  assert.equal(answer.status, 0, answer.stderr)
  assert.equal(answer.stdout, '204\n')
  const renamed = (await server.request('GET', `/ccs/api/v1/jobs/${job.JobID}`)).body as { JobName: string }
  assert.equal(renamed.JobName, 'Nightly')
})

test('every command line of the README and the pages is one that the command takes', () => {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const files = ['README.md', ...pages.map((name) => `docs/${name}`)]
  const lines = new Set(
    files.flatMap((file) =>
      [
        ...readFileSync(join(root, file), 'utf8').matchAll(
          /(?:^ *(?:\$ )?(?:npx )?|`(?:npx )?)plumbline ([a-z][^\n`|]*)/gm,
        ),
      ].map(([, line]) => line ?? ''),
    ),
  )
  const withOptions = [...lines].filter((line) => line.includes(' --'))
  assert.ok(withOptions.length > 2, 'no command line was found: the test looks in the wrong place')
  for (const line of withOptions) {
    const words = /^[a-z][a-z-]*(?: [a-z][a-z-]*(?= ))?/.exec(line)?.[0].split(' ') ?? []
    const help = spawnSync(process.execPath, [entry, ...words, '--help'], { encoding: 'utf8' })
    assert.equal(help.status, 0, line)
    for (const [option] of line.matchAll(/--[a-z][a-z-]*/g)) {
      assert.ok(help.stdout.includes(option), `there is no ${option}: plumbline ${line}`)
    }
  }
})
