import type { Command } from 'commander'
import { connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { print } from '../output.ts'

interface Trial {
  readonly ok: boolean
  readonly results: readonly { readonly channel: string; readonly ok: boolean; readonly text: string }[]
}

export function registerNotification(program: Command): void {
  const notification = program.command('notification').description('mail and webhook of ended runs: test')
  notification
    .command('test')
    .description(
      'send a test mail, call the webhook, and say what the other side answered; exit status 1 when it refused',
    )
    .option('--mail <addresses>', 'send a mail to these addresses, separated by ; or ,')
    .option('--from <address>', 'its sender; without it PLUMBLINE_MAIL_FROM of the server')
    .option('--webhook', 'call PLUMBLINE_WEBHOOK_URL of the server')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline notification test --mail ops@example.org --webhook')
    .action(async (options: { mail?: string; from?: string; webhook?: true; json?: true }) => {
      if (options.mail === undefined && options.webhook === undefined) {
        throw new Failure('say what to try: --mail ADDRESS, --webhook, or both')
      }
      const trial = await (
        await connect()
      ).call<Trial>('POST', '/api/v1/notifications/test', {
        body: {
          ...(options.mail === undefined ? {} : { mail: { to: options.mail, from: options.from } }),
          webhook: options.webhook === true,
        },
      })
      print(options.json, trial, () =>
        trial.results.map(({ channel, ok, text }) => `${ok ? 'ok  ' : 'FAIL'}  ${channel}: ${text}`).join('\n'),
      )
      if (!trial.ok) process.exitCode = 1
    })
}
