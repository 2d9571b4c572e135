import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { expandRange } from './ansible.ts'
import { parseCsv } from './csv.ts'
import { maxInventoryBytes, parseInventory } from './inventory.ts'
import type { InventoryForm } from './inventory.ts'
import { agreesWith } from './pattern.ts'

const noSsh = spawnSync('ssh', ['-V']).error === undefined ? false : 'there is no ssh'

const problemsOf = (form: InventoryForm, text: string): string[] =>
  parseInventory(text, { form }).problems.map(({ line, text: what }) => `${line}: ${what}`)
const hostsOf = (form: InventoryForm, text: string): string[] =>
  parseInventory(text, { form }).hosts.map(
    ({ line, name, place, groups }) =>
      `${line} ${name} ${place?.host}:${place?.port ?? 22}${groups.length === 0 ? '' : ` in ${groups.join(', ')}`}`,
  )

test('each machine knows its line, and the groups around it', () => {
  assert.deepEqual(
    hostsOf(
      'ansible-ini',
      'mail\n[web]\nweb[1:2]\n\n[servers:children]\nweb\n[europe:children]\nservers\n[europe]\nmail\n',
    ),
    ['1 mail mail:22 in europe', '3 web1 web1:22 in web, servers, europe', '3 web2 web2:22 in web, servers, europe'],
  )
  assert.deepEqual(
    hostsOf(
      'ansible-yaml',
      'all:\n  children:\n    servers:\n      children:\n        web:\n          hosts:\n            web-1:\n',
    ),
    ['7 web-1 web-1:22 in web, servers'],
  )
  assert.deepEqual(
    hostsOf('csv', 'host,name,groups\n10.0.0.1,web-1,web; front\n\n"10.0.0.2","db\n-1",\n10.0.0.3,,\n'),
    ['2 web-1 10.0.0.1:22 in web, front', '6 10.0.0.3 10.0.0.3:22'],
  )
  assert.deepEqual(hostsOf('ssh-config', '# ours\nHost web-1\n  Port 2222\n'), ['2 web-1 web-1:2222'])
})

test('a port may stand behind a name of Ansible, or behind a range of names', () => {
  assert.deepEqual(
    hostsOf('ansible-ini', 'mail.example.org:2022\nweb[1:2]:2222 ansible_user=a\n[2001:db8::1]:99\n2001:db8::2\n'),
    [
      '1 mail.example.org mail.example.org:2022',
      '2 web1 web1:2222',
      '2 web2 web2:2222',
      '3 2001:db8::1 2001:db8::1:99',
      '4 2001:db8::2 2001:db8::2:22',
    ],
  )
  assert.deepEqual(hostsOf('ansible-yaml', 'web:\n  hosts:\n    "h[1:2]:2022":\n      ansible_port: 7\n'), [
    '3 h1 h1:7 in web',
    '3 h2 h2:7 in web',
  ])
})

test('settings of Ansible are quoted as a shell and as Python have it', () => {
  const ini = String.raw`
web-1 ansible_ssh_common_args="-o ProxyCommand=\"ssh -W %h:%p -q anna@bastion\"" # a comment
web-2 ansible_ssh_extra_args=-J\ a@b note="not # a comment" ansible_port=5
[all:vars]
ansible_user = 'the scanner' # too
`
  const { hosts, problems } = parseInventory(ini, { form: 'ansible-ini' })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    hosts.map(({ name, place, jumps }) => [
      name,
      place?.user,
      place?.port,
      jumps?.map(({ user, host }) => [user, host]),
    ]),
    [
      ['web-1', 'the scanner', undefined, [['anna', 'bastion']]],
      ['web-2', 'the scanner', 5, [['a', 'b']]],
    ],
  )
  const long = `web-3 note=${'x'.repeat(10_000)}`
  assert.deepEqual(hostsOf('ansible-ini', long), ['1 web-3 web-3:22'])
})

test('of what groups say the deepest wins, then the highest priority, then the last by name', () => {
  const ports = (text: string): (number | undefined)[] =>
    parseInventory(text, { form: 'ansible-ini' }).hosts.map(({ place }) => place?.port)
  // As ansible-inventory tells them.
  assert.deepEqual(
    ports(
      '[outer]\na\n[outer:vars]\nansible_port=1\n[outer:children]\ninner\n[inner]\na\n[inner:vars]\nansible_port=2',
    ),
    [2],
  )
  assert.deepEqual(ports('[one]\na\n[two]\na\n[two:vars]\nansible_port=2\n[one:vars]\nansible_port=1'), [2])
  assert.deepEqual(
    ports('[one]\na\n[two]\na\n[two:vars]\nansible_port=2\n[one:vars]\nansible_port=1\nansible_group_priority=5'),
    [1],
  )
  assert.deepEqual(ports('[one]\na\n[one:vars]\nansible_port=1\n[one:children]\ntwo\n[two:children]\none'), [1])
})

test('what an ssh_config says of more than names is told to count for nothing', () => {
  const config = 'Host web-1\nMatch user root\n  Port 1\nInclude conf.d/*\nMatch ALL\n  Port 2222\n'
  assert.deepEqual(hostsOf('ssh-config', config), ['1 web-1 web-1:2222'])
  assert.deepEqual(problemsOf('ssh-config', config), [
    '2: Match depends on more than the name: none of its settings count',
    '4: Include is not followed here: add what "conf.d/*" holds to the inventory',
  ])
})

test('a table may be divided by semicolons or tabs, and tell port and account with the host', () => {
  const placesOf = (text: string): unknown[] => parseInventory(text, { form: 'csv' }).hosts.map(({ place }) => place)
  const root = [{ host: '10.0.0.1', port: 22, user: 'root' }]
  for (const sign of [',', ';', '\t']) {
    assert.deepEqual(placesOf(`\ufeff"host",port,user\r\n10.0.0.1,22,"root"\r\n`.replaceAll(',', sign)), root)
  }
  assert.deepEqual(
    placesOf('host,port\nroot@10.0.0.1:2222,22\nweb-1:2222\n[2001:db8::1]:23\n2001:db8::2\nanna@web-2\n'),
    [
      ...root,
      { host: 'web-1', port: 2222, user: undefined },
      { host: '2001:db8::1', port: 23, user: undefined },
      { host: '2001:db8::2', port: undefined, user: undefined },
      { host: 'web-2', port: undefined, user: 'anna' },
    ],
  )
  assert.deepEqual(problemsOf('csv', 'host\nweb-1:ssh\n'), ['2: "web-1:ssh" names no host'])
})

test('an ssh_config leads each name to where ssh itself goes', { skip: noSsh }, (t) => {
  const config = String.raw`# a comment
User everybody
Host web-* !web-3
  HostName %h.example.org
  Port=2222
Host web-1 'web-2' # a comment
  User = root
Host web-3 "db-1"
  HostName "10.0.0.3" # a comment
Host one TWO
	Port	77
  User DOMAIN\anna
  IdentityFile "~/my keys/k"
  ProxyCommand ssh -W "%h:%p" gate
host three
  port 23
  Port 24
Host *
  Port 2020
`
  const file = join(mkdtempSync(join(tmpdir(), 'plumbline-ssh-')), 'config')
  t.after(() => rmSync(dirname(file), { recursive: true }))
  writeFileSync(file, config)
  const { hosts } = parseInventory(config, { form: 'ssh-config' })
  assert.deepEqual(
    hosts.map(({ name }) => name),
    ['web-1', 'web-2', 'web-3', 'db-1', 'one', 'TWO', 'three'],
  )
  for (const { name, place, identities } of hosts) {
    const told = execFileSync('ssh', ['-G', '-F', file, name], { encoding: 'utf8' })
    const [host, port, user] = ['hostname', 'port', 'user'].map(
      (key) => new RegExp(`^${key} (.*)$`, 'm').exec(told)?.[1],
    )
    // ssh writes names in small letters.
    assert.deepEqual([place?.host.toLowerCase(), `${place?.port}`, place?.user], [host, port, user], name)
    for (const key of identities) assert.ok(told.includes(`identityfile ${key}\n`), name)
  }
})

test('a line that is wrong is told by its number, and the others are read', () => {
  const bad =
    'one\ntwo ansible_port=99999\nthree ansible_host=a;b\n[web\n[a:b:c]\nlost\n[more]\nlocal ansible_connection=local\n'
  assert.deepEqual(problemsOf('ansible-ini', bad), [
    '2: "two" has no port from 1 to 65535',
    '3: "three" names no host',
    '4: "[web" names no host',
    '5: "[a:b:c]" is no heading: [group], [group:vars] or [group:children]',
    '8: "local" is reached by "local", not by SSH',
  ])
  assert.deepEqual(hostsOf('ansible-ini', bad), ['1 one one:22'])
  assert.deepEqual(problemsOf('csv', 'host,port\na,x\nb,22\n"c,22\n'), ['4: a quote begins here that is not closed'])
  assert.deepEqual(problemsOf('csv', 'host,port\na,x\nb,22\n'), ['2: "a" has no port from 1 to 65535'])
  assert.deepEqual(problemsOf('csv', 'name\na\n')[0]?.slice(0, 29), '1: there is no column "host";')
  assert.match(problemsOf('ansible-yaml', 'all:\n  hosts:\n   a: {\n')[0] ?? '', /^\d: this is no YAML: /)
})

test('names with characters that cannot be seen are refused, and shown as their numbers', () => {
  for (const [form, text] of [
    ['csv', 'host,name\n10.0.0.1,"web\u001b[2J"\n10.0.0.2,\u202egnp.exe\n'],
    ['ansible-ini', '[web]\nweb\u001b[2J ansible_host=10.0.0.1\n\u202ebew ansible_host=10.0.0.2\n'],
    ['ansible-yaml', 'web:\n  hosts: { "web\\e[2J": { ansible_host: 10.0.0.1 } }\n'],
  ] as const) {
    const problems = problemsOf(form, text)
    assert.equal(hostsOf(form, text).length, 0, form)
    assert.match(problems[0] ?? '', /^2: "web\\u\{1b\}\[2J" is no name/)
    assert.doesNotMatch(problems.join('\n'), /[\u001b\u202e]/)
  }
  assert.match(problemsOf('ansible-ini', '[we\u0007b]\nweb-1\n')[0] ?? '', /^2: "we\\u\{7\}b" is no name/)
  assert.match(problemsOf('csv', `host\n${'a'.repeat(300)}\n`)[0] ?? '', /^2: "a{80}…" names no host/)
})

test('what would fill memory or time is refused with its line', { timeout: 30_000 }, () => {
  const bomb = ['a: &a { hosts: { h: } }']
  for (let level = 1; level < 40; level += 1) {
    const before = `*${String.fromCharCode(96 + level)}${level > 26 ? level : ''}`
    bomb.push(
      `b${level}: &${String.fromCharCode(97 + level)}${level > 25 ? level + 1 : ''} { children: { x: ${before}, y: ${before} } }`,
    )
  }
  const layers = Array.from(
    { length: 60 },
    (_, at) => `[a${at}:children]\na${at + 1}\nb${at + 1}\n[b${at}:children]\na${at + 1}\nb${at + 1}`,
  )
  for (const [form, text, line, what] of [
    ['ansible-yaml', bomb.slice(0, 26).join('\n'), 1, /aliases bring in too much|nested too deep/],
    ['ansible-yaml', `a: ${'['.repeat(200_000)}`, 1, /nested too deep|no YAML/],
    [
      'ansible-yaml',
      `a:\n${Array.from({ length: 60 }, (_, at) => `${' '.repeat(2 * at + 1)}children:\n${' '.repeat(2 * at + 2)}g${at}:`).join('\n')}\n`,
      0,
      /nested too deep/,
    ],
    ['ansible-ini', 'web[1:60000][1:60000][1:60000]', 1, /no range of hosts/],
    ['ansible-ini', 'ok\n[a]\nx[1:15000]\n[b]\ny[1:15000]\n', 5, /more than 20000 machines/],
    ['ansible-ini', Array.from({ length: 2100 }, (_, at) => `[g${at}]`).join('\n'), 2001, /more than 2000 groups/],
    ['csv', `host\n${'a\n'.repeat(20_001)}`, 20_002, /more than 20000 machines/],
    ['csv', `host\n${'?\n'.repeat(2000)}`, 1002, /too much is wrong/],
    ['csv', 'x'.repeat(maxInventoryBytes + 1), 1, /larger than 1 MB/],
    ['ssh-config', 'Host *a\n'.repeat(1500), 1000, /too many patterns/],
  ] as const) {
    const last = parseInventory(text, { form }).problems.at(-1)
    assert.match(last?.text ?? '', what)
    if (line > 1) assert.equal(last?.line, line, last?.text)
  }
  assert.deepEqual(hostsOf('ansible-ini', `${layers.join('\n')}\n[b60]\nweb\n`).length, 1)
  assert.equal(agreesWith(`${'*a'.repeat(60)}b`, 'a'.repeat(200)), false)
  assert.equal(parseCsv(`"${'""'.repeat(1_000_000)}"`).rows[0]?.cells[0]?.length, 1_000_000)
})

test('a name out of JavaScript is a name like any other', () => {
  const text = '__proto__:\n  hosts:\n    constructor: { ansible_host: 10.0.0.1, __proto__: { ansible_port: 1 } }\n'
  assert.deepEqual(hostsOf('ansible-yaml', text), ['3 constructor 10.0.0.1:22 in __proto__'])
})

test('merged maps lend their variables, and a map of its own wins', () => {
  const text = 'x: &x { ansible_port: 2222, ansible_user: a }\nall:\n  hosts:\n    web: { <<: *x, ansible_user: b }\n'
  assert.deepEqual(
    parseInventory(text, { form: 'ansible-yaml' }).hosts.map(({ place }) => place),
    [{ host: 'web', port: 2222, user: 'b' }],
  )
})

test('the form is told by the name, or by the look', () => {
  const forms = (
    [
      ['hosts.csv', 'x'],
      ['hosts.yaml', 'x'],
      ['hosts.ini', 'all:'],
      ['', 'name,host\nweb,10.0.0.1\n'],
      ['', '---\nall:\n  hosts: {}\n'],
      ['', 'Host web\n  Port 22\n'],
      ['', 'web-1 ansible_host=10.0.0.1\n[db]\ndb-1\n'],
    ] as const
  ).map(([file, text]) => parseInventory(text, { file }).form)
  assert.deepEqual(forms, ['csv', 'ansible-yaml', 'ansible-ini', 'csv', 'ansible-yaml', 'ssh-config', 'ansible-ini'])
})

test('patterns: stars, question marks, any case', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['web-*', 'WEB-1', true],
    ['web-?', 'web-12', false],
    ['*', '', true],
    ['a*b*c', 'axxbxxbc', true],
    ['a*b', 'abc', false],
    ['', 'a', false],
    ['[a]', 'a', false],
  ]
  for (const [pattern, name, expected] of rows) assert.equal(agreesWith(pattern, name), expected, `${pattern} ${name}`)
})

test('ranges are expanded, and not without end', () => {
  assert.deepEqual(expandRange('db-[a:c][1:2]'), ['db-a1', 'db-a2', 'db-b1', 'db-b2', 'db-c1', 'db-c2'])
  assert.deepEqual(expandRange('web[08:10]'), ['web08', 'web09', 'web10'])
  assert.throws(() => expandRange('web[1:99999999]'), /no range of hosts/)
})
