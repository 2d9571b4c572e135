/** Where in a document something was found. Lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** What a `ContentError` can be about; `docs/errors.md` explains each to the operator. */
export type ContentErrorCode =
  | 'xml-not-well-formed'
  | 'xml-has-doctype'
  | 'xml-too-deep'
  | 'xml-too-large'
  | 'xml-too-many-attributes'
  | 'xml-too-many-elements'
  | 'xml-encoding'
  | 'content-ambiguous'
  | 'content-not-recognised'
  | 'content-invalid'
  | 'content-duplicate-id'
  | 'content-dangling-reference'
  | 'content-circular-reference'
  | 'content-missing-component'
  | 'content-unsupported'
  | 'profile-not-found'
  | 'pattern-invalid'
  | 'pattern-unsupported'
  | 'pattern-too-slow'

/** Content that cannot be used: says what is wrong, on which thing, where, and what to do. */
export class ContentError extends Error {
  override readonly name = 'ContentError'
  readonly code: ContentErrorCode
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  /** The identifier of the definition, rule, … that the error is about. */
  readonly id: string | undefined

  constructor(
    code: ContentErrorCode,
    message: string,
    about: Partial<Place> & { readonly id?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(placePrefix(about) + message, about.cause === undefined ? undefined : { cause: about.cause })
    this.code = code
    this.file = about.file
    this.line = about.line
    this.column = about.column
    this.id = about.id
  }
}

function placePrefix({ file, line, column }: Partial<Place>): string {
  const parts = [file, line, column].filter((part) => part !== undefined)
  return parts.length === 0 ? '' : `${parts.join(':')}: `
}
