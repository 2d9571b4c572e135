import { complianceScore, countVerdicts } from '../store/outcomes.ts'
import type { RunReport } from './run-report.ts'
import type { WebhookMessage } from './send-webhook.ts'

/** docs/notifications.md describes each member; members may be added, none changes its meaning. */
export function composeWebhook(report: RunReport): WebhookMessage {
  const { changes } = report
  return message('run.ended', report.endedAt, {
    runId: report.runId,
    jobId: report.jobId,
    jobName: report.jobName,
    status: report.status,
    trigger: report.trigger,
    startedAt: report.startedAt,
    endedAt: report.endedAt,
    link: report.link,
    assets: report.assets,
    standards: report.standards.map(({ standardId, title, assets, counts }) => {
      const { passed, failed, unknown, manual, 'not applicable': notApplicable } = countVerdicts(counts)
      return {
        standardId,
        title,
        assets,
        score: complianceScore(counts),
        passed,
        failed,
        unknown,
        notApplicable,
        manual,
      }
    }),
    changes:
      changes === undefined
        ? null
        : {
            newlyFailing: changes.newlyFailing,
            recovered: changes.recovered,
            noLongerReachable: changes.noLongerReachable,
            rules: changes.rules,
          },
    evidence: report.evidence ?? null,
  })
}

/** What a test sends: the same envelope, and nothing that could be taken for a run. */
export function composeTestWebhook(by: string, at: string): WebhookMessage {
  return message('test', at, { requestedBy: by })
}

function message(type: string, timestamp: string, data: object): WebhookMessage {
  return { body: JSON.stringify({ type, timestamp, data }) }
}
