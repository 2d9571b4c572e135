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

/** PostgreSQL's word for it; or what the embedded database says that has stopped for it. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { readonly code?: unknown }
  return code === '53100' || /No space left on device/.test(error.message) || isDiskFull(error.cause)
}

/** Of a name with several addresses each was tried, and the error as a whole says nothing. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((one) => messageOf(one)).join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}
