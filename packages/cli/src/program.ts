import { Command, CommanderError } from 'commander'
import { messageOf } from './failure.ts'
import { version } from './version.ts'

type Register = (program: Command) => void

/** By the word that asks for it, each is loaded alone: together they take longer to load than a small scan takes. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  serve: async () => (await import('./commands/serve.ts')).registerServe,
  worker: async () => (await import('./commands/worker.ts')).registerWorker,
  scan: async () => (await import('./commands/scan.ts')).registerScan,
  collect: async () => (await import('./commands/collect.ts')).registerCollect,
  evaluate: async () => (await import('./commands/evaluate.ts')).registerEvaluate,
  content: async () => (await import('./commands/content.ts')).registerContent,
  guide: async () => (await import('./commands/guide.ts')).registerGuide,
  privileges: async () => (await import('./commands/privileges.ts')).registerPrivileges,
  job: async () => (await import('./commands/job.ts')).registerJob,
  asset: async () => (await import('./commands/asset.ts')).registerAsset,
  group: async () => (await import('./commands/group.ts')).registerGroup,
  folder: async () => (await import('./commands/folder.ts')).registerFolder,
  credential: async () => (await import('./commands/credential.ts')).registerCredential,
  key: async () => (await import('./commands/key.ts')).registerKey,
  'host-key': async () => (await import('./commands/host-key.ts')).registerHostKey,
  standard: async () => (await import('./commands/standard.ts')).registerStandard,
  user: async () => (await import('./commands/user.ts')).registerUser,
  role: async () => (await import('./commands/role.ts')).registerRole,
  report: async () => (await import('./commands/report.ts')).registerReport,
  waiver: async () => (await import('./commands/waiver.ts')).registerWaiver,
  notification: async () => (await import('./commands/notification.ts')).registerNotification,
  login: async () => (await import('./commands/login.ts')).registerLogin,
  audit: async () => (await import('./commands/audit.ts')).registerAudit,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
}

/** Runs the command that the words name, or tells which there are. */
export async function run(words: readonly string[]): Promise<void> {
  const [name = ''] = words
  const program = await createProgram(Object.hasOwn(commands, name) ? [name] : Object.keys(commands))
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** With these commands; all of them without. */
export async function createProgram(names: readonly string[] = Object.keys(commands)): Promise<Command> {
  const program = new Command('plumbline')
    .description('Collects data from machines, evaluates it against SCAP standards, answers for the result.')
    .version(version)
    .showHelpAfterError('(add --help for the options and examples)')
    .exitOverride()
  for (const name of names) {
    const register = await commands[name]?.()
    register?.(program)
  }
  return program
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1
  process.stderr.write(`plumbline: ${messageOf(error)}\n`)
  return 1
}
