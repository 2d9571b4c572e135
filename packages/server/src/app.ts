import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { readQuery } from './api/query.ts'
import type { Access, Reply } from './api/operation.ts'
import { authenticate } from './auth/authenticate.ts'
import { authorise, nobody } from './auth/caller.ts'
import type { Context, ServerOperation } from './context.ts'
import { isDiskFull } from './db/database-error.ts'
import { RequestError } from './errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as soon as that is known. */
    account: string | undefined
    /** The run that it made or stopped. */
    runId: string | undefined
  }
}

const defaultBodyBytes = 1024 * 1024
/** Of these requests there are many, health checks among them, and they change nothing. */
const reads = new Set(['GET', 'HEAD', 'OPTIONS'])
const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const

/** Answers the operations over HTTPS. Refuses to be built when one does not say who may call it. */
export function buildApp(
  context: Context,
  operations: readonly ServerOperation[],
  tls: { readonly cert: string; readonly key: string },
): FastifyInstance {
  for (const operation of operations) checkDeclaration(operation)
  const app = fastify({
    https: { ...tls, minVersion: 'TLSv1.2' },
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 2048 },
    bodyLimit: defaultBodyBytes,
    requestTimeout: 120_000,
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    // Our own lines, with what we choose to say.
    logger: false,
    clientErrorHandler: refuseClient,
    frameworkErrors: (error, request, reply) => refuse(context, request, reply, error),
  }) as unknown as FastifyInstance
  // Clients send forms as JSON, JSON as text, and bodies where none belong: what a body is, the operation decides.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.decorateRequest('account', undefined)
  app.decorateRequest('runId', undefined)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    reply.header('x-content-type-options', 'nosniff')
    reply.header('plumbline-request-id', request.id)
    // Any content type will do, also one that is no media type at all.
    request.headers['content-type'] = 'application/octet-stream'
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') throw new RequestError('encoding-not-supported')
  })
  for (const [path, those] of Map.groupBy(operations, ({ path: one }) => one)) {
    for (const operation of those) {
      app.route({
        method: operation.method,
        url: path,
        bodyLimit: operation.maxBodyBytes ?? defaultBodyBytes,
        handler: (request, reply) => answer(context, operation, request, reply),
      })
    }
    const allowed = those.map(({ method }) => method)
    app.route({
      method: methods.filter((method) => !(allowed as readonly string[]).includes(method)),
      url: path,
      handler: async () => {
        throw new RequestError('method-not-allowed', { headers: { allow: allowed.join(', ') } })
      },
    })
  }
  app.addHook('onResponse', async (request, reply) => {
    const { id, method, account, runId } = request
    const { statusCode: status, elapsedTime } = reply
    const route = request.routeOptions.url ?? 'unknown'
    context.meters.request({ method, route, status }, elapsedTime / 1000)
    const level = reads.has(method) ? 'debug' : 'info'
    context.log[level](
      { request: id, method, route, status, milliseconds: Math.round(elapsedTime), account, runId },
      'a request',
    )
  })
  app.setNotFoundHandler(async () => {
    throw new RequestError('not-found')
  })
  app.setErrorHandler((error, request, reply) => refuse(context, request, reply, error))
  return app
}

/** What is no HTTP never becomes a request; it is answered all the same, as every refusal is. */
function refuseClient({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, refusal] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', new RequestError('too-large')]
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', new RequestError('invalid-request', { message: 'The request did not end in time.' })]
        : ['400 Bad Request', new RequestError('invalid-request', { message: 'This is no request of HTTP.' })]
  const body = JSON.stringify(refusal.body)
  const type = 'application/json; charset=utf-8'
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** A mistake in an operation's declaration must not become an open door. */
function checkDeclaration({ method, path, access }: ServerOperation): void {
  const declared: Access | undefined = access
  if (declared === 'public' || declared === 'authenticated') return
  if (typeof declared === 'object' && Array.isArray(declared.tasks) && declared.tasks.length > 0) return
  throw new Error(`${method} ${path} does not declare who may call it`)
}

async function answer(
  context: Context,
  operation: ServerOperation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { access, page } = operation
  if (page !== undefined && isBrowser(request)) {
    return sendPage(reply, page(context, request.params as Record<string, string>))
  }
  const caller =
    access === 'public' ? nobody : await authenticate(context.database.kysely, request.headers.authorization)
  if (caller !== nobody) request.account = caller.name
  if (typeof access === 'object' && access.checked === undefined) authorise(caller, access)
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const { status, headers, body, runId }: Reply = await operation.handler(context, {
    caller,
    params: request.params as Record<string, string>,
    query: readQuery(request.raw.url ?? '', operation.query),
    body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
    headers: request.headers,
    address: request.ip,
    signal: gone.signal,
  })
  request.runId = runId
  reply.code(status)
  if (headers !== undefined) reply.headers(headers)
  if (body === undefined) await reply.send()
  else if (body instanceof Uint8Array || typeof body === 'string') await reply.send(body)
  else await reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** Programs ask for JSON, or for anything; only browsers name HTML, and none of them sends a token by itself. */
function isBrowser({ headers }: FastifyRequest): boolean {
  return headers.authorization === undefined && /\btext\/html\b/i.test(headers.accept ?? '')
}

/** Still the refusal that it is without a token. */
async function sendPage(reply: FastifyReply, page: string): Promise<void> {
  await reply
    .code(401)
    .header('www-authenticate', 'Bearer')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    .type('text/html; charset=utf-8')
    .send(page)
}

function refuse(context: Context, request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  const refusal = asRefusal(error)
  if (refusal.status === 500) {
    context.log.error(
      { err: error, request: request.id, method: request.method, path: pathOf(request) },
      'a request failed',
    )
  }
  reply.code(refusal.status).headers(refusal.headers)
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer')
  reply.type('application/json; charset=utf-8').send(JSON.stringify(refusal.body))
}

/** The framework's own refusals, in our words; what nobody foresaw says no more than the contract's text. */
function asRefusal(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || statusCode === 413) return new RequestError('too-large')
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') return new RequestError('not-found')
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return new RequestError('invalid-request', { message: 'The body is shorter or longer than Content-Length says.' })
  }
  if (isDiskFull(error)) return new RequestError('storage-full', { details: [storageFull] })
  return new RequestError('internal')
}

const storageFull = {
  Member: 'Database',
  Allowed: 'The disk of the database has no space left. Free some, then repeat the request.',
}

/** Without the query, which may hold what somebody searched for. */
const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? ''
