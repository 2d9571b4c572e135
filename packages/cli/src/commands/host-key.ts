import type { Command } from 'commander'
import { connect } from '../client.ts'
import { print, table } from '../output.ts'

interface HostKey {
  readonly host: string
  readonly type: string
  readonly fingerprint: string
  readonly shownAt: string
  readonly approvedAt: string | null
  readonly approvedBy: string | null
}

export function registerHostKey(program: Command): void {
  const hostKey = program.command('host-key').description('SSH keys of hosts: list, approve, forget')
  hostKey
    .command('list')
    .description('the keys that hosts have shown, and who approved them')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline host-key list')
    .action(async (options: { json?: true }) => {
      const { hostKeys } = await (await connect()).call<{ hostKeys: HostKey[] }>('GET', '/api/v1/host-keys')
      print(options.json, hostKeys, () =>
        table(
          ['host', 'type', 'fingerprint', 'shown', 'approved by'],
          hostKeys.map((one) => [one.host, one.type, one.fingerprint, one.shownAt, one.approvedBy ?? '-']),
        ),
      )
    })
  hostKey
    .command('approve <host> <fingerprint>')
    .description('from now on this key, which the host has shown, is its key and no other is')
    .addHelpText(
      'after',
      `
Compare the fingerprint with the machine's own first: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub

Example:
  plumbline host-key approve '[10.0.0.7]:2222' SHA256:…`,
    )
    .action(async (host: string, fingerprint: string) => {
      await (await connect()).call('POST', '/api/v1/host-keys/approvals', { body: { host, fingerprint } })
    })
  hostKey
    .command('forget <host>')
    .description('forget all keys of a host')
    .addHelpText('after', `\nExample:\n  plumbline host-key forget '[10.0.0.7]:2222'`)
    .action(async (host: string) => {
      await (await connect()).call('DELETE', `/api/v1/host-keys/${encodeURIComponent(host)}`)
    })
}
