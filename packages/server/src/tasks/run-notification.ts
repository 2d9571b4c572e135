import type { Transaction } from '../db/database.ts'
import { addRunMessage } from '../jobs/run-requests.ts'
import type { RunRow } from '../jobs/run-transitions.ts'
import type { RunStatus } from '../jobs/states.ts'
import { addToOutbox } from '../store/outbox.ts'
import { changesSinceLastRun, oldestEvidence, summariseStandards } from '../store/run-summary.ts'
import { runMessages } from '../store/runs.ts'
import type { RunAssetCounts } from '../store/runs.ts'
import { composeMail } from './run-mail.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

interface EndedRun {
  readonly run: RunRow
  readonly snapshot: RunSnapshot
  readonly status: RunStatus
  readonly counts: RunAssetCounts
  readonly endedAt: string
}

/** Puts the mail that the job wants about this end into the outbox, or says in the run why there is none. */
export async function enqueueNotification(context: TaskContext, tx: Transaction, ended: EndedRun): Promise<void> {
  const { run, snapshot, status, counts, endedAt } = ended
  const { definition } = snapshot
  const isSuccess = status === 'Completed' || status === 'Completed with errors'
  const wanted = isSuccess ? definition.shouldSendSuccessNotification : definition.shouldSendFailureNotification
  const wish = isSuccess ? definition.successNotification : definition.failureNotification
  if (!wanted || wish === null) return
  if (context.settings.smtpUrl === undefined) {
    const text = 'The notification was not sent, because no mail server is configured. Set PLUMBLINE_SMTP_URL.'
    await addRunMessage(tx, { runId: run.id, phase: 'notification', text })
    return
  }
  const changes = await changesSinceLastRun(tx, run)
  const messages = await runMessages(tx, [run.id])
  const message = composeMail(wish, {
    runId: run.id,
    jobName: snapshot.name,
    status,
    startedAt: run.startedAt,
    endedAt,
    assets: {
      completed: counts.completed ?? 0,
      failed: counts.failed ?? 0,
      unfinished: (counts.aborted ?? 0) + (counts['timed out'] ?? 0),
    },
    standards: await summariseStandards(tx, run.id),
    ...(changes === undefined ? {} : { changes }),
    oldestEvidenceAt: await oldestEvidence(tx, run.id),
    messages: messages.map(({ assetName, text }) => (assetName === null ? text : `${assetName}: ${text}`)),
    link: `${context.settings.publicUrl}/api/v1/runs/${run.id}`,
  })
  const domain = new URL(context.settings.publicUrl).hostname
  const kind = isSuccess ? 'success' : 'failure'
  const outboxId = await addToOutbox(tx, { runId: run.id, kind, domain, message })
  if (outboxId !== undefined) await context.queue.enqueue(tx, 'notify', { outboxId })
}
