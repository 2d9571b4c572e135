import type { Command } from 'commander'
import { readConfig } from '@plumbline/server/config'
import { connect } from '../client.ts'
import { readSecret } from '../standard-input.ts'

export function registerKey(program: Command): void {
  const key = program.command('key').description('the master key of the credential vault: rotate')
  key
    .command('rotate')
    .description('seal all credentials with a new master key')
    .option(
      '--online',
      'let the server do it that you are logged in to, while it and others run; all are stopped without',
    )
    .option('--data <dir>', 'data directory, with the key and the embedded database')
    .option('--database-url <url>', 'the database of the server (DATABASE_URL)')
    .option('--new-key-stdin', 'take the new key, 32 bytes in Base64, from standard input; one is made without')
    .addHelpText(
      'after',
      `
The new key replaces master.key in the data directory. Where the key is that of PLUMBLINE_MASTER_KEY, the new one comes
through standard input, and PLUMBLINE_MASTER_KEY is to be set to it before the next start. Interrupted, it changes
nothing or goes on when it is called again.

Examples:
  plumbline key rotate --online
  plumbline key rotate --data /var/lib/plumbline
  openssl rand -base64 32 > new.key && plumbline key rotate --new-key-stdin --database-url postgres://plumbline@db/plumbline < new.key`,
    )
    .action(async ({ newKeyStdin, online, ...flags }: Options) => {
      const newKey = newKeyStdin === true ? await readSecret() : undefined
      const rotation = online === true ? await rotateOnline(newKey) : await rotateStopped(flags, newKey)
      tell(rotation)
    })
}

interface Options {
  readonly newKeyStdin?: true
  readonly online?: true
  readonly data?: string
  readonly databaseUrl?: string
}

interface Rotation {
  readonly sealed: number
  readonly already: number
  readonly unreadable: readonly string[]
  readonly file?: string | null | undefined
}

async function rotateOnline(newKey: string | undefined): Promise<Rotation> {
  return (await connect()).call<Rotation>('POST', '/api/v1/master-key/rotations', {
    body: newKey === undefined ? {} : { newKey },
  })
}

async function rotateStopped(flags: Pick<Options, 'data' | 'databaseUrl'>, newKey?: string): Promise<Rotation> {
  const { rotateMasterKey } = await import('@plumbline/server')
  return rotateMasterKey(readConfig({ ...flags }, process.env), newKey)
}

function tell({ sealed, already, unreadable, file }: Rotation): void {
  const counts = `${sealed + already} credentials are sealed with the new key`
  const where = file == null ? 'set PLUMBLINE_MASTER_KEY to it before the next start' : `it is in ${file}`
  process.stdout.write(`${counts}${already === 0 ? '' : `, ${already} of them before`}; ${where}.\n`)
  if (unreadable.length === 0) return
  process.stderr.write(
    `plumbline: neither key opens ${unreadable.join(', ')}; enter their secrets again ("plumbline credential change")\n`,
  )
  process.exitCode = 2
}
