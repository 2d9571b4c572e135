#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { messageOf } from './failure.ts'
import { registerAsset } from './commands/asset.ts'
import { registerAudit } from './commands/audit.ts'
import { registerCollect } from './commands/collect.ts'
import { registerCredential } from './commands/credential.ts'
import { registerContent } from './commands/content.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerEvaluate } from './commands/evaluate.ts'
import { registerFolder } from './commands/folder.ts'
import { registerGroup } from './commands/group.ts'
import { registerHostKey } from './commands/host-key.ts'
import { registerGuide } from './commands/guide.ts'
import { registerJob } from './commands/job.ts'
import { registerLogin } from './commands/login.ts'
import { registerNotification } from './commands/notification.ts'
import { registerReport } from './commands/report.ts'
import { registerRole } from './commands/role.ts'
import { registerScan } from './commands/scan.ts'
import { registerServe } from './commands/serve.ts'
import { registerStandard } from './commands/standard.ts'
import { registerUser } from './commands/user.ts'
import { registerWorker } from './commands/worker.ts'

const program = new Command('plumbline')
  .description('Collects data from machines, evaluates it against SCAP standards, answers for the result.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for the options and examples)')
  .exitOverride()

for (const register of [
  registerServe,
  registerWorker,
  registerScan,
  registerCollect,
  registerEvaluate,
  registerContent,
  registerGuide,
  registerJob,
  registerAsset,
  registerGroup,
  registerFolder,
  registerCredential,
  registerHostKey,
  registerStandard,
  registerUser,
  registerRole,
  registerReport,
  registerNotification,
  registerLogin,
  registerAudit,
  registerDoctor,
]) {
  register(program)
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1
  process.stderr.write(`plumbline: ${messageOf(error)}\n`)
  return 1
}
