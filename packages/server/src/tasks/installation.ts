import type { Transaction } from '../db/database.ts'
import { findInstallation } from '../store/installation.ts'
import type { Installation } from '../store/installation.ts'
import type { TaskContext } from './task-context.ts'

/** By the settings of this process. */
export function ownInstallation({ settings, reporting }: Pick<TaskContext, 'settings' | 'reporting'>): Installation {
  return {
    sendsMail: settings.smtpUrl !== undefined,
    callsWebhook: settings.webhookUrl !== undefined,
    reports: reporting !== undefined,
    publicUrl: settings.publicUrl,
    timeZone: settings.timeZone,
  }
}

/** As the servers are set; a worker that is older than all of them goes by its own settings. */
export async function installationOf(context: TaskContext, tx: Transaction): Promise<Installation> {
  return (await findInstallation(tx)) ?? ownInstallation(context)
}
