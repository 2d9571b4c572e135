import { defineTestType } from '../../test-type.ts'

/** Answers of a database: the independent `sql_test`. */
export const sql = defineTestType({
  family: 'independent',
  name: 'sql',
  description: 'Answers of a database to a query; not collected, because we connect to no database of an asset.',
  object: ['engine', 'version', 'connection_string', 'sql'],
  item: {
    engine: 'string',
    version: 'string',
    connection_string: 'string',
    sql: 'string',
    result: 'string',
  },

  async collect(session, { object }) {
    return {
      flag: 'not collected',
      // Never the connection string: it may hold a password.
      messages: [`queries of ${object.engine.values.join(', ')} databases on ${session.asset} are not supported`],
      found: [],
    }
  },
})
