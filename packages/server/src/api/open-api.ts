import type { Access, Operation } from './operation.ts'

/** The OpenAPI 3.1 document of some operations; typebox schemas are JSON Schema already. */
export function openApi(operations: readonly Operation<never, never>[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Plumbline', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    paths,
  }
}

function describe(operation: Operation<never, never>): object {
  const parameters = [
    ...[...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => parameter('path', name ?? '', { required: true })),
    ...Object.entries(operation.query ?? {}).map(([name, text]) => parameter('query', name, text)),
  ]
  return {
    summary: operation.summary,
    description: describeAccess(operation.access),
    security: operation.access === 'public' ? [] : [{ bearer: [] }],
    parameters,
    ...(operation.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: operation.body } } } }),
    responses: Object.fromEntries(
      Object.entries(operation.replies).map(([status, schema]) => [
        status,
        {
          description: status,
          ...(schema === null ? {} : { content: { 'application/json': { schema } } }),
        },
      ]),
    ),
  }
}

const parameter = (
  place: 'path' | 'query',
  name: string,
  { description = '', required = false }: { readonly description?: string; readonly required?: boolean },
): object => ({ in: place, name, description, required, schema: { type: 'string' } })

function describeAccess(access: Access): string {
  if (access === 'public') return 'Needs no token.'
  if (access === 'authenticated') return 'Needs a token.'
  const folders = access.folders ?? []
  return `Tasks: ${access.tasks.join(', ')}.${folders.length === 0 ? '' : ` Folders: ${folders.join(', ')}.`}`
}
