import { createHash, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import { authenticate } from '../../auth/authenticate.ts'
import { authorise } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import { gauge } from '../../meters.ts'
import { readFigures } from '../../store/figures.ts'

/**
 * For Prometheus, which keeps one token for ever: PLUMBLINE_METRICS_TOKEN is enough; else it takes an account that may
 * see the configuration. Guarded here, because no account stands behind that token.
 */
export const metricsOperation = defineOperation({
  method: 'GET',
  path: '/metrics',
  summary: 'Figures in the text format of Prometheus',
  access: 'public',
  replies: { 200: Type.String() },
  async handler(context, { headers }) {
    const { authorization } = headers
    const given = typeof authorization === 'string' ? authorization : undefined
    if (!isMetricsToken(given, context.config.metricsToken)) {
      const caller = await authenticate(context.database.kysely, given)
      authorise(caller, { tasks: ['View Configuration Settings'] })
    }
    const figures = await readFigures(context.database.kysely)
    const by = (label: string, counts: Readonly<Record<string, number>>) =>
      Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }))
    const one = (value: number) => [{ value }]
    const lines = [
      ...gauge('plumbline_assets', 'Assets that are kept.', one(figures.assets)),
      ...gauge('plumbline_jobs', 'Jobs that are kept.', one(figures.jobs)),
      ...gauge('plumbline_runs', 'Runs that have not ended.', by('status', figures.runs)),
      ...gauge('plumbline_run_assets', 'Assets of runs that have not ended.', by('state', figures.runAssets)),
      ...gauge(
        'plumbline_overdue_seconds',
        'Age of the oldest due occurrence without a run.',
        one(figures.overdueSeconds),
      ),
      ...gauge('plumbline_mail_waiting', 'Mails that are still to be sent.', one(figures.mailWaiting)),
      ...gauge(
        'plumbline_mail_oldest_seconds',
        'Age of the oldest mail still to be sent.',
        one(figures.mailOldestSeconds),
      ),
      ...gauge('plumbline_mail_given_up', 'Mails that could not be sent.', one(figures.mailGivenUp)),
      ...gauge(
        'plumbline_runs_to_synchronise',
        'Ended runs that are not in the reporting database yet.',
        one(figures.runsToSynchronise),
      ),
      ...gauge(
        'plumbline_reporting_lag_seconds',
        'Time since the oldest run ended that is not in the reporting database.',
        one(figures.reportingLagSeconds),
      ),
      ...gauge(
        'plumbline_queue_tasks',
        'Tasks that are not done.',
        figures.queue.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
      ),
      ...gauge('plumbline_runs_ended', 'Runs that ended within the last hour.', by('status', figures.runsEnded)),
      ...gauge(
        'plumbline_run_seconds',
        'How long the runs took that ended within the last hour.',
        by('quantile', figures.runSeconds ?? {}),
      ),
      ...gauge('plumbline_audit_unsealed', 'Audit records that are not in the chain yet.', one(figures.auditUnsealed)),
    ]
    const type = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
    return { status: 200, headers: type, body: `${lines.join('\n')}\n${context.meters.text()}` }
  },
})

function isMetricsToken(authorization: string | undefined, token: string | undefined): boolean {
  const given = /^bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1]
  if (given === undefined || token === undefined) return false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
