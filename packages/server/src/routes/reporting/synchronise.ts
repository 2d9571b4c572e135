import { Type } from 'typebox'
import { refusal } from '../../api/job-details.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { findSystemJob } from '../../store/jobs.ts'

/** Starts the product's own job now: its type is none that Job Operation executes. */
export const synchroniseReports = defineOperation({
  method: 'POST',
  path: '/api/v1/reporting/synchronisations',
  summary: 'Bring the results that are not there yet to the reporting database',
  access: { tasks: ['Manage jobs', 'View evaluation results'] },
  replies: { 202: Type.Object({ runId: Type.String() }), 400: refusal, 403: refusal },
  async handler({ database, queue }, { caller }) {
    return database.kysely.transaction().execute(async (tx) => {
      const job = await findSystemJob(tx, 'ReportDataSynchronizationJob')
      if (job === undefined) throw new Error('the job that synchronises reports is missing')
      const outcome = await queue.requestRun(tx, job, { trigger: 'request', requestedBy: caller.name })
      if ('refused' in outcome) {
        throw new RequestError('invalid-request', {
          message: 'A synchronisation is under way; wait until it has ended.',
        })
      }
      await recordAudit(tx, { actor: caller.name, action: 'reporting.synchronise', target: job.id, outcome: 'done' })
      return { status: 202, body: { runId: outcome.runId }, runId: outcome.runId }
    })
  },
})
