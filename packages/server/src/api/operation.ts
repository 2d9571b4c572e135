import type { TSchema } from 'typebox'
import type { RootFolder, Task } from './tasks.ts'

/**
 * Who may call. `tasks`: all of them, by the caller's roles. `folders`: a permission on each; `any below` asks for at least
 * one folder below it, and what the caller then sees is limited to those. With `checked: 'in handler'` the handler calls
 * `authorise` itself, where the documented order of its checks wants it.
 */
export type Access =
  | 'public'
  | 'authenticated'
  | {
      readonly tasks: readonly Task[]
      readonly folders?: readonly RootFolder[]
      readonly anyBelow?: RootFolder
      readonly checked?: 'in handler'
    }

export interface Request<Caller> {
  readonly caller: Caller
  readonly params: Readonly<Record<string, string>>
  /** By lower-case name; the first of several. */
  readonly query: ReadonlyMap<string, string>
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The address the request came from. */
  readonly address: string
  readonly signal: AbortSignal
}

export interface QueryParameter {
  readonly description: string
  readonly required?: true
  /** `&` may stand in its value as it is: it ends where the next parameter of the operation begins. */
  readonly ampersands?: true
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is bytes or text. */
  readonly body?: unknown
  /** A run that the request made or stopped; the log says so beside the request. */
  readonly runId?: string | undefined
}

/** One operation of the API: where it is, who may call it, what goes in and out, and what it does. */
export interface Operation<Context, Caller> {
  readonly method: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT'
  /** In Fastify's form, matched without regard to case: `/ccs/api/v1/jobs/:id`. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly query?: Readonly<Record<string, QueryParameter>>
  readonly body?: TSchema
  /** What each status answers with; `null` is an empty body. */
  readonly replies: Readonly<Record<number, TSchema | null>>
  readonly maxBodyBytes?: number
  /** A page for the browser of somebody who followed a link here: it has no token to bring. It is shown to anybody. */
  readonly page?: (context: Context, params: Request<Caller>['params']) => string
  readonly handler: (context: Context, request: Request<Caller>) => Promise<Reply>
}
