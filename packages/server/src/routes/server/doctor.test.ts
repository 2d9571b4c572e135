import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { embeddedTemplate } from '../../db/testing-template.ts'
import { createReporting } from '../../reporting/reporting.ts'
import type { Reporting } from '../../reporting/reporting.ts'
import { addEndedRun, addJob } from '../../store/testing.ts'
import { startTestApi } from '../jobs/testing.ts'
import { doctorOperation } from './doctor.ts'

interface Report {
  readonly reporting: unknown
  readonly warnings: readonly string[]
}

describeOnBothDatabases('GET /api/v1/doctor', (withDatabase) => {
  const examine = (reporting: Reporting | undefined, waiting: number): Promise<Report> => {
    let report: Report | undefined
    return withDatabase(async (database) => {
      const jobId = await addJob(database.kysely, { name: 'Nightly' })
      for (let run = 0; run < waiting; run += 1) await addEndedRun(database.kysely, jobId, { synchronise: true })
      const api = await startTestApi(database, [doctorOperation], reporting === undefined ? {} : { reporting })
      try {
        const token = await api.addCaller('operator', ['View Configuration Settings'], [])
        report = (await api.send('GET', '/api/v1/doctor', { token })).body as Report
      } finally {
        await api.close()
        await reporting?.close()
      }
    }).then(() => report as Report)
  }
  const about = ({ warnings }: Report): string[] => warnings.filter((warning) => /report/i.test(warning))

  it('says that no reporting database is configured', async () => {
    const report = await examine(undefined, 0)
    assert.deepEqual(report.reporting, { database: 'not configured', runsWaiting: 0, lastAt: null })
    assert.deepEqual(about(report), [
      'Results are not brought to a reporting database, and reports go stale: set REPORTING_DATABASE_URL.',
    ])
  })

  it('finds nothing wrong with one that is there and has everything', async () => {
    const report = await examine(createReporting({ archive: (await embeddedTemplate()).archives.reporting }), 0)
    assert.deepEqual(report.reporting, { database: 'embedded', runsWaiting: 0, lastAt: null })
    assert.deepEqual(about(report), [])
  })

  it('says that one does not answer, and what waits for it', async () => {
    const report = await examine(createReporting({ url: 'postgres://nobody@127.0.0.1:1/none' }), 2)
    assert.deepEqual(report.reporting, { database: 'server', runsWaiting: 2, lastAt: null })
    assert.match(about(report)[0] ?? '', /^The reporting database does not answer: .*REPORTING_DATABASE_URL/)
    assert.deepEqual(about(report).slice(1), ['Ended runs that are not in the reporting database yet: 2.'])
  })
})
