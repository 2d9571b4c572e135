import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { readInventory } from './inventory.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-include-'))
after(() => rmSync(folder, { recursive: true }))

function write(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text.replaceAll('$F', folder))
  }
  return join(folder, Object.keys(files)[0] ?? '')
}

const ours = (config: string): Map<string, string> =>
  new Map(readInventory(config, []).map(({ name, user, host, port }) => [name, `${user}@${host}:${port}`]))

/** What ssh(1) makes of the same file. */
function theirs(config: string, name: string): string {
  const said = execFileSync('ssh', ['-G', '-F', config, name], { encoding: 'utf8' })
  const value = (key: string): string => new RegExp(`^${key} (.*)$`, 'm').exec(said)?.[1] ?? ''
  return `${value('user')}@${value('hostname')}:${value('port')}`
}

const skip = spawnSync('ssh', ['-V']).error === undefined ? false : 'ssh is not installed'

test('files that an ssh_config includes are read as ssh(1) does', { skip }, () => {
  const config = write({
    config: [
      'Include $F/conf.d/*.conf "$F/with space" $F/none',
      'Host web-1',
      '  User late',
      '  Include $F/of-web',
      '  Port 2200',
      'Host db-1 other-1',
      '  Include $F/nested/one',
      '  HostName behind',
      'Host *',
      '  User everybody',
    ].join('\n'),
    'conf.d/10-a.conf': 'Host web-1\n  HostName first.example\nHost app-1\n  Port 2201\n',
    'conf.d/20-b.conf': 'Host web-1\n  HostName second.example\nPort 2299\n',
    'conf.d/.hidden.conf': 'Host hidden-1\n  Port 1\n',
    'conf.d/x.other': 'Host other-file\n  Port 1\n',
    'with space': 'Host spaced-1\n  Port 2202\n',
    // Of a block: its hosts have to agree with both.
    'of-web': 'User inside\nHost db-1\n  Port 9\nHost web-*\n  Port 2203\n',
    'nested/one': 'Include $F/nested/[!a]wo\nHost db-1\n  User nested\n',
    'nested/two': 'Host db-?\n  HostName two.example\n  Port 2204\n',
    'nested/awo': 'Host db-1\n  Port 2205\n',
  })
  const found = ours(config)
  assert.deepEqual([...found.keys()].toSorted(), ['app-1', 'db-1', 'other-1', 'spaced-1', 'web-1'])
  for (const [name, place] of found) assert.equal(place, theirs(config, name), name)
})

const home = join(homedir(), '.ssh')
const noHome =
  skip || (homedir() === userInfo().homedir ? false : 'HOME is not that of the account, which ssh(1) goes by')

test('without an absolute path they are in ~/.ssh', { skip: noHome }, () => {
  const wasThere = existsSync(home)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const own = mkdtempSync(join(home, 'plumbline-test-'))
  try {
    writeFileSync(join(own, 'one'), 'Host home-1\n  Port 2206\n')
    writeFileSync(join(own, 'two'), 'Host home-2\n  Port 2207\n')
    const name = own.slice(home.length + 1)
    const config = write({ relative: `Include ${name}/one\nInclude ~/.ssh/${name}/t*\n` })
    assert.deepEqual([...ours(config).keys()], ['home-1', 'home-2'])
    for (const [host, place] of ours(config)) assert.equal(place, theirs(config, host))
  } finally {
    rmSync(own, { recursive: true })
    if (!wasThere) rmdirSync(home)
  }
})

test('files that include each other, are too large, cannot be read or depend on more are refused with the line', () => {
  const circle = write({ circle: 'Host a\n\nInclude $F/circle\n' })
  assert.throws(() => ours(circle), /circle, line 3: files include each other too deep/)
  if (skip === false) assert.throws(() => theirs(circle, 'a'), /Too many recursive configuration includes/)
  const deep = Array.from({ length: 17 }, (_, index) => [
    `deep-${index}`,
    `Include $F/deep-${index + 1}\nHost deep\n  Port ${3000 + index}\n`,
  ])
  // Sixteen files deep it goes.
  const whole = write({ ...Object.fromEntries(deep.slice(0, 16)), 'deep-16': 'Host deepest\n  Port 9\n' })
  assert.equal(ours(whole).get('deepest')?.endsWith(':9'), true)
  if (skip === false) assert.equal(theirs(whole, 'deepest'), ours(whole).get('deepest'))
  const deeper = write({ ...Object.fromEntries(deep), 'deep-17': 'Host deepest\n  Port 9\n' })
  assert.throws(() => ours(deeper), /too deep/)
  if (skip === false) assert.throws(() => theirs(deeper, 'deepest'), /Too many recursive/)
  const large = write({ large: 'Host a\nInclude $F/huge\n', huge: '#'.repeat(1024 * 1024 + 1) })
  assert.throws(() => ours(large), /line 2: what is included is larger than 1 MB/)
  assert.throws(() => ours(write({ of: 'Host a\nInclude %h.conf\n' })), /line 2: Include of %h.conf depends on where/)
  assert.throws(() => ours(write({ is: 'Host a\nInclude $F\n' })), /line 2: cannot read .*EISDIR/)
})
