import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseAsset, type SshAddress } from './asset-address.ts'
import { readInventory } from './inventory.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-inventory-'))
after(() => rmSync(folder, { recursive: true }))

/** What an inventory comes to, each machine as a line. */
function read(name: string, text: string, limit: readonly string[] = []): string[] {
  const path = join(folder, name)
  writeFileSync(path, text)
  return readInventory(path, limit).map(asLine)
}

const asLine = ({ name, user, host, port, become, jumps, identities }: SshAddress): string =>
  [
    name,
    `${user}@${host}:${port}`,
    become,
    ...jumps.map((jump) => `via ${jump.user}@${jump.host}:${jump.port}`),
    ...identities,
  ].join(' ')

test('an address says how an asset is reached', () => {
  assert.deepEqual(parseAsset('ssh://scan@web-3:2222?sudo=true&jump=ops@bastion&legacyAlgorithms=true'), {
    kind: 'ssh',
    name: 'web-3:2222',
    host: 'web-3',
    port: 2222,
    user: 'scan',
    become: 'sudo',
    jumps: [{ host: 'bastion', port: 22, user: 'ops' }],
    identities: [],
    legacyAlgorithms: true,
  })
  assert.equal((parseAsset('ssh://scan@[2001:db8::7]') as SshAddress).host, '2001:db8::7')
})

test('an address with a password, a path or an unknown word is refused, and the password not repeated', () => {
  assert.throws(
    () => parseAsset('ssh://scan:hunter2@web-3'),
    (error: Error) => /--password-stdin/.test(error.message) && !error.message.includes('hunter2'),
  )
  assert.throws(() => parseAsset('ssh://web-3/etc'), /has a path/)
  assert.throws(() => parseAsset('ssh://web-3?sodu=true'), /"sodu" in .* is not known/)
  assert.throws(() => parseAsset('ssh://-oProxyCommand=x'), /names no host/)
  assert.throws(() => parseAsset('web-3'), /takes local, root:DIR or ssh/)
})

test('a CSV table has a heading, quotes and any order of columns', () => {
  assert.deepEqual(
    read(
      'hosts.csv',
      'Name,User,Host,note,Port,become,jump\r\nweb,scan,10.0.0.1,"a ""b"", c\nd",2222,sudo,ops@bastion\r\n,scan,db-1,,,,\r\n',
    ),
    ['web scan@10.0.0.1:2222 sudo via ops@bastion:22', 'db-1 scan@db-1:22 none'],
  )
  assert.throws(() => read('bad.csv', 'name,port\nweb,22\n'), /no column "host"/)
})

const expected = [
  'mail scan@mail.example.org:22 none',
  'web01 scan@web01:2222 sudo',
  'web02 other@10.0.0.2:2222 sudo via ops@bastion:22 /keys/web',
]

test('an Ansible inventory in INI: groups, ranges, variables, the nearest of which wins', () => {
  assert.deepEqual(
    read(
      'hosts.ini',
      `# comment
mail ansible_host=mail.example.org
local ansible_connection=local
[web]
web[01:02]
web02 ansible_host=10.0.0.2 ansible_user=other ansible_ssh_private_key_file=/keys/web ansible_ssh_common_args='-o ProxyJump=ops@bastion'
[web:vars]
ansible_port=2222
[servers:children]
web
[servers:vars]
ansible_become=true
ansible_port=22
[all:vars]
ansible_user=scan
`,
    ),
    expected,
  )
})

test('an Ansible inventory in YAML says the same', () => {
  const yaml = `
all:
  vars: { ansible_user: scan }
  hosts:
    mail: { ansible_host: mail.example.org }
    local: { ansible_connection: local }
  children:
    servers:
      vars: { ansible_become: true, ansible_port: 22 }
      children:
        web:
          vars: { ansible_port: 2222 }
          hosts:
            web[01:02]:
            web02:
              ansible_host: 10.0.0.2
              ansible_user: other
              ansible_ssh_private_key_file: /keys/web
              ansible_ssh_common_args: -J ops@bastion
`
  assert.deepEqual(read('hosts.yaml', yaml), expected)
  assert.deepEqual(read('hosts.yaml', yaml, ['web*,!web01']), expected.slice(2))
  assert.throws(() => read('hosts.yaml', yaml, ['nobody']), /no machine of .* agrees with --limit/)
})

test('an ssh_config: the first value counts, patterns lend settings, a jump host may be a block', () => {
  assert.deepEqual(
    read(
      'config',
      `Host bastion
  HostName 10.0.0.9
  User ops
  IdentityFile /keys/bastion
Host web-1 web-2
  ProxyJump bastion
  Port=2222
Match host web-1
  User nobody
Host web-* !web-2
  User scan
  IdentityFile /keys/web
Host *
  User fallback
`,
    ),
    [
      'bastion ops@10.0.0.9:22 none /keys/bastion',
      'web-1 scan@web-1:2222 none via ops@10.0.0.9:22 /keys/web /keys/bastion',
      'web-2 fallback@web-2:2222 none via ops@10.0.0.9:22 /keys/bastion',
    ],
  )
})

test('a proxy command of ssh is a jump host, whose own way is gone too; any other command is passed over', () => {
  assert.deepEqual(
    read(
      'ways',
      `IgnoreUnknown PlumblineSudo
Host web
  ProxyCommand ssh -q -W %h:%p inner
  PlumblineSudo commands
Host inner
  ProxyCommand exec /usr/bin/ssh outer -p 2200 -l ops nc -w 5 %h %p
Host web inner
  ProxyJump never
Host odd
  ProxyCommand cloudflared access ssh --hostname %h
Host plain outer
  ProxyCommand none
Host outer
  HostName 10.0.0.1
Host *
  ProxyJump ssh://gate@10.0.0.9:22,other
  User scan
Host other
`,
    ),
    [
      'web scan@web:22 sudo-commands via ops@10.0.0.1:2200 via scan@inner:22',
      'inner scan@inner:22 none via ops@10.0.0.1:2200',
      'plain scan@plain:22 none',
      'outer scan@10.0.0.1:22 none',
      'other scan@other:22 none via gate@10.0.0.9:22',
    ],
  )
})

test('legacy algorithms are allowed where an inventory says so of a machine', () => {
  const allowed = (name: string, text: string): string[] => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return readInventory(path, []).flatMap((one) => (one.legacyAlgorithms ? [one.name] : []))
  }
  const ini = '[old]\nold-1\nold-2 plumbline_legacy_algorithms=no\n[old:vars]\nplumbline_legacy_algorithms=true\n'
  assert.deepEqual(allowed('hosts.ini', ini), ['old-1'])
  const yaml = 'all: { hosts: { new: , old: { plumbline_legacy_algorithms: true } } }\n'
  assert.deepEqual(allowed('hosts.yaml', yaml), ['old'])
  const config =
    'Host old-1\n  PlumblineLegacyAlgorithms yes\nHost new\nHost old-*\n  PlumblineLegacyAlgorithms no\nHost old-2\n'
  assert.deepEqual(allowed('config', config), ['old-1'])
  assert.deepEqual(allowed('hosts.csv', 'host,legacyAlgorithms\nold,1\nnew,\nother,false\n'), ['old'])
  assert.throws(
    () => allowed('hosts.ini', 'a plumbline_legacy_algorithms=sha1\n'),
    /line 1: "sha1" does not say whether/,
  )
})

test('options of ssh in an Ansible inventory lead through jump hosts; plumbline_sudo goes before ansible_become', () => {
  const via = (options: string, more = ''): string => `a ansible_user=u ${more} ansible_ssh_common_args='${options}'\n`
  for (const [options, jumps] of [
    ['-o ProxyCommand="ssh -W %h:%p -q ops@bastion"', ' via ops@bastion:22'],
    [
      '-o StrictHostKeyChecking=no -o "ProxyCommand ssh -p 2222 -J gate -W [%h]:%p bastion -l ops"',
      ' via gate:22 via ops@bastion:2222',
    ],
    ['-C -Jops@gate,ops@bastion:2222 -o ProxyJump=never', ' via ops@gate:22 via ops@bastion:2222'],
    ['-o ControlPersist=60s -oProxyJump=none', ''],
    ['-o ForwardAgent=no', ''],
  ] as const) {
    const expected = `a u@a:22 none${jumps.replace('via gate', `via ${userInfo().username}@gate`)}`
    assert.deepEqual(read('hosts.ini', via(options)), [expected], options)
  }
  assert.throws(() => read('hosts.ini', via('-o ProxyCommand="nc -X connect %h %p"')), /names no machine/)
  assert.throws(() => read('hosts.ini', via('-J "bad host!"')), /line 1: "host!" names no host/)
  const [line] = read('hosts.ini', via('', 'ansible_become=true plumbline_sudo=commands'))
  assert.equal(line, 'a u@a:22 sudo-commands')
  assert.throws(() => read('hosts.ini', 'a plumbline_sudo=all\n'), /line 1: "all" is no way to use sudo/)
})
