import { Type } from 'typebox'
import { sql } from 'kysely'
import { defineOperation } from '../../context.ts'
import { describeConfig } from '../../config.ts'
import type { Reporting } from '../../reporting/reporting.ts'
import { synchronisationState } from '../../store/reporting.ts'
import { outboxTrouble } from '../../store/outbox.ts'

/** What is in force on the server, without secrets, and what an operator should look at. */
export const doctorOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/doctor',
  summary: 'The configuration in force and what is wrong with it',
  access: { tasks: ['View Configuration Settings'] },
  replies: {
    200: Type.Object({
      database: Type.String(),
      settings: Type.Array(Type.Object({ name: Type.String(), value: Type.String(), text: Type.String() })),
      warnings: Type.Array(Type.String()),
      reporting: Type.Object({
        database: Type.String({ description: 'embedded, server or not configured' }),
        runsWaiting: Type.Integer({ description: 'ended runs whose results are not there yet' }),
        lastAt: Type.Union([Type.String(), Type.Null()], { description: 'when results were last brought there' }),
      }),
    }),
  },
  async handler({ config, database, reporting }) {
    const warnings: string[] = []
    warnings.push(...outboxWarnings(await outboxTrouble(database.kysely)))
    if (config.smtpUrl === undefined) warnings.push('No mail is sent: PLUMBLINE_SMTP_URL is not set.')
    if (reporting === undefined) {
      warnings.push(
        'Results are not brought to a reporting database, and reports go stale: set REPORTING_DATABASE_URL.',
      )
    } else if (reporting.kind === 'server') {
      const trouble = await troubleWith(reporting)
      if (trouble !== undefined) warnings.push(`The reporting database does not answer: ${trouble}.`)
    }
    if (config.tlsCertificate === undefined)
      warnings.push('The certificate is self-signed: clients must pin it or trust it.')
    const { waiting, lastAt, told } = await synchronisationState(database.kysely)
    if (waiting > 0 && reporting !== undefined) {
      const why = told === null ? '' : ` ${told}`
      warnings.push(`Ended runs that are not in the reporting database yet: ${waiting}.${why}`)
    }
    return {
      status: 200,
      body: {
        database: database.kind,
        settings: describeConfig(config),
        warnings,
        reporting: { database: reporting?.kind ?? 'not configured', runsWaiting: waiting, lastAt },
      },
    }
  },
})

const patienceMs = 5000

/** Whoever asks for a diagnosis does not wait for the network's own limits. */
async function troubleWith(reporting: Reporting): Promise<string | undefined> {
  const asked = reporting.database().then(async ({ kysely }) => void (await sql`select 1`.execute(kysely)))
  const late = Promise.withResolvers<never>()
  const limit = setTimeout(() => late.reject(new Error(`nothing within ${patienceMs / 1000} seconds`)), patienceMs)
  try {
    await Promise.race([asked, late.promise])
    return undefined
  } catch (error) {
    asked.catch(() => undefined)
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(limit)
  }
}

function outboxWarnings({ waiting, givenUp, reason }: Awaited<ReturnType<typeof outboxTrouble>>): string[] {
  const warnings: string[] = []
  if (waiting > 0) {
    warnings.push(`Notifications that could not be sent yet: ${waiting}; the latest because: ${reason}`)
  }
  if (givenUp > 0) {
    const advice = '"plumbline notification test" says whether it works now.'
    warnings.push(`Notifications given up in the last seven days: ${givenUp}; ${advice}`)
  }
  return warnings
}
