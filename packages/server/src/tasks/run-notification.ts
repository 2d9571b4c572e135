import type { Transaction } from '../db/database.ts'
import { isJobType } from '../jobs/job-definition.ts'
import { addRunMessage } from '../jobs/run-requests.ts'
import type { RunRow } from '../jobs/run-transitions.ts'
import type { RunStatus } from '../jobs/states.ts'
import type { Installation } from '../store/installation.ts'
import { addToOutbox } from '../store/outbox.ts'
import { changesSinceLastRun, evidenceAge, summariseStandards } from '../store/run-summary.ts'
import { runMessages } from '../store/runs.ts'
import type { RunAssetCounts } from '../store/runs.ts'
import { composeMail } from './run-mail.ts'
import type { MailWish } from './run-mail.ts'
import { isSuccess } from './run-report.ts'
import type { RunReport } from './run-report.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import { composeWebhook } from './run-webhook.ts'
import type { TaskContext } from './task-context.ts'

interface EndedRun {
  readonly run: RunRow
  readonly snapshot: RunSnapshot
  readonly status: RunStatus
  readonly counts: RunAssetCounts
  readonly installation: Installation
  readonly endedAt: string
}

/**
 * Puts into the outbox what is to be told about this end: the mail that the job wants, or a message in the run that says
 * why there is none, and the call of the operator's webhook.
 */
export async function enqueueNotification({ queue }: TaskContext, tx: Transaction, ended: EndedRun): Promise<void> {
  const { run, snapshot, status, installation } = ended
  const wish = await mailWish(tx, ended)
  const calls = installation.callsWebhook && isJobType(snapshot.type)
  if (wish === undefined && !calls) return
  const report = await reportOf(tx, ended)
  const put = async (kind: string, messageId: string, message: object): Promise<void> => {
    const outboxId = await addToOutbox(tx, { runId: run.id, kind, messageId, message })
    if (outboxId !== undefined) await queue.enqueue(tx, 'notify', { outboxId })
  }
  if (wish !== undefined) {
    const kind = isSuccess(status) ? 'success' : 'failure'
    const domain = new URL(installation.publicUrl).hostname
    await put(kind, `<${run.id}.${kind}@${domain}>`, composeMail(wish, report))
  }
  if (calls) await put('webhook', `run_${run.id}`, composeWebhook(report))
}

async function mailWish(
  tx: Transaction,
  { run, snapshot: { definition }, status, installation: { sendsMail } }: EndedRun,
): Promise<MailWish | undefined> {
  const isWanted = isSuccess(status)
    ? definition.shouldSendSuccessNotification
    : definition.shouldSendFailureNotification
  const wish = isSuccess(status) ? definition.successNotification : definition.failureNotification
  if (!isWanted || wish === null) return undefined
  if (sendsMail) return wish
  const text = 'The notification was not sent, because no mail server is configured. Set PLUMBLINE_SMTP_URL.'
  await addRunMessage(tx, { runId: run.id, phase: 'notification', text })
  return undefined
}

async function reportOf(tx: Transaction, ended: EndedRun): Promise<RunReport> {
  const { run, snapshot, status, counts, endedAt } = ended
  const { publicUrl, timeZone } = ended.installation
  const messages = await runMessages(tx, [run.id])
  return {
    runId: run.id,
    jobId: run.jobId,
    jobName: snapshot.name,
    status,
    trigger: run.trigger,
    startedAt: run.startedAt,
    endedAt,
    assets: {
      completed: counts.completed ?? 0,
      failed: counts.failed ?? 0,
      unfinished: (counts.aborted ?? 0) + (counts['timed out'] ?? 0),
    },
    standards: await summariseStandards(tx, run.id),
    changes: await changesSinceLastRun(tx, run),
    evidence: await evidenceAge(tx, run.id),
    messages: messages.map(({ assetName, text }) => (assetName === null ? text : `${assetName}: ${text}`)),
    link: `${publicUrl}/api/v1/runs/${run.id}`,
    timeZone,
  }
}
