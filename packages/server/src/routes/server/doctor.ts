import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { describeConfig } from '../../config.ts'

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
    }),
  },
  async handler({ config, database }) {
    const warnings: string[] = []
    if (config.smtpUrl === undefined) warnings.push('No mail is sent: PLUMBLINE_SMTP_URL is not set.')
    if (config.databaseUrl !== undefined && config.reportingDatabaseUrl === undefined) {
      warnings.push('Reports use an embedded database of this process: REPORTING_DATABASE_URL is not set.')
    }
    if (config.tlsCertificate === undefined)
      warnings.push('The certificate is self-signed: clients must pin it or trust it.')
    return { status: 200, body: { database: database.kind, settings: describeConfig(config), warnings } }
  },
})
