/** What an operator can do something about when a database is opened. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code:
    | 'database-in-use'
    | 'database-closed'
    | 'database-unreachable'
    | 'database-version'
    | 'statement-timeout'

  constructor(code: DatabaseError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
