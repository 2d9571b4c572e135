const serverError =
  'Server encountered an error while serving request. Please contact administrator if problem persists.'

/** One row a kind of refusal: its stable code, its HTTP status and its text. `docs/errors.md` says what to do about each. */
export const errorTable = {
  'invalid-json': [
    400,
    'Exception while parsing JSON. Please check expected type of input parameter and its given value.',
  ],
  'invalid-input': [400, 'Invalid input data. Either JobID or JobDetails is null.'],
  'duplicate-name': [400, 'The specified name #name already exists. Create a job with a new name.'],
  'job-type-not-supported': [400, "Given job type '#jobtype' not supported."],
  'invalid-request': [400, 'The request cannot be carried out as it is.'],
  unauthenticated: [401, 'Authorization has been denied for this request.'],
  forbidden: [403, 'You are not authorized to perform this task. Access is denied.'],
  'job-not-found': [404, "Job for specified JobID '#JobID' not found."],
  'not-found': [404, 'There is nothing at this address.'],
  'method-not-allowed': [405, 'This address does not answer to this method.'],
  'precondition-failed': [412, 'The job has been changed since; read it again and repeat the request.'],
  'too-large': [413, 'The request is larger than this server accepts.'],
  'encoding-not-supported': [415, 'The request body must be sent without a content encoding.'],
  'too-many-requests': [429, 'Too many failed attempts; wait and try again.'],
  'storage-full': [500, serverError],
  internal: [500, serverError],
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof errorTable

/** One member that stood in the way: its name, the value given, and what would be allowed. */
export interface Detail {
  readonly Member: string
  readonly Value?: unknown
  readonly Allowed: string
}

/** A refusal that the caller can do something about; the app turns it into a status and `{"Message", "Details"?}`. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: ErrorCode
  readonly status: number
  readonly details: readonly Detail[] | undefined
  readonly headers: Readonly<Record<string, string>>

  /** `values` replaces the placeholders of the table's text; `message` replaces the text. */
  constructor(
    code: ErrorCode,
    options: {
      readonly message?: string
      readonly values?: Readonly<Record<string, string>>
      readonly details?: readonly Detail[]
      readonly headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    const [status, text] = errorTable[code]
    super(options.message ?? fill(text, options.values ?? {}))
    this.code = code
    this.status = status
    this.details = options.details
    this.headers = options.headers ?? {}
  }

  /** The body of the reply. */
  get body(): { readonly Message: string; readonly Details?: readonly Detail[] } {
    return { Message: this.message, ...(this.details === undefined ? {} : { Details: this.details }) }
  }
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/#(\w+)/g, (placeholder, name: string) => values[name] ?? placeholder)
}
