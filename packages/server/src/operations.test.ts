import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorise, type Caller } from './auth/caller.ts'
import { predefinedRoles, type Role } from './auth/roles.ts'
import { buildApp } from './app.ts'
import type { ServerOperation } from './context.ts'
import { describeOnBothDatabases } from './db/testing.ts'
import { operations } from './operations.ts'
import { startTestApi } from './routes/jobs/testing.ts'

const callerOf = ({ name, tasks, folders }: Role): Caller => ({
  id: '',
  name,
  tasks: new Set(tasks.map((task) => task.toLowerCase())),
  folders: folders.map((folder) => folder.toLowerCase()),
})

/** Whether the role has what the operation declares, worked out from the declarations alone. */
function mayCall(role: Role, { access }: ServerOperation): boolean {
  if (typeof access === 'string') return true
  const tasks: readonly string[] = role.tasks
  const folders: readonly string[] = role.folders
  return (
    access.tasks.every((task) => tasks.includes(task)) &&
    (access.folders ?? []).every((folder) => folders.includes(folder)) &&
    (access.anyBelow === undefined || folders.includes(access.anyBelow))
  )
}

test('every role is let into exactly the operations whose tasks and folders it has', () => {
  for (const role of predefinedRoles) {
    for (const operation of operations) {
      const enter = (): void => authorise(callerOf(role), operation.access)
      const what = `${role.name}: ${operation.method} ${operation.path}`
      if (mayCall(role, operation)) assert.doesNotThrow(enter, what)
      else assert.throws(enter, { code: 'forbidden' }, what)
    }
  }
})

test('the administrator may call everything, a guest only what needs no task', () => {
  const allowed = (name: string): number => {
    const role = predefinedRoles.find((one) => one.name === name)
    assert.ok(role)
    return operations.filter((operation) => mayCall(role, operation)).length
  }
  assert.equal(allowed('CCS Administrator'), operations.length)
  assert.equal(allowed('Guest User'), operations.filter(({ access }) => typeof access === 'string').length)
})

test('a server with an operation that does not say who may call it does not start', () => {
  const careless = { ...operations[0], path: '/api/v1/careless', access: undefined } as unknown as ServerOperation
  assert.throws(
    () => buildApp(undefined as never, [careless], { cert: '', key: '' }),
    /does not declare who may call it/,
  )
})

describeOnBothDatabases('the operations', (withDatabase) => {
  test('refuse a caller without tasks with 403 and one without a token with 401, every one that is not public', () =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, operations)
      try {
        const token = await api.addCaller('nobody', [], [])
        for (const { method, path, access } of operations) {
          if (access === 'public') continue
          const url = path.replace(/:\w+/g, '5ed919fd-9f70-429a-bd36-f22bcbbe8fa4')
          const what = `${method} ${path}`
          assert.equal((await api.send(method, url)).status, 401, what)
          const known = { JobID: '5ed919fd-9f70-429a-bd36-f22bcbbe8fa4', JobDetails: {}, Operation: 'execute' }
          const refused = await api.send(method, url, { token, body: known })
          // Update Job and its like look for the job before they look at the caller, as documented.
          const inHandler = typeof access === 'object' && access.checked === 'in handler'
          assert.ok(
            refused.status === 403 || (inHandler && [400, 404].includes(refused.status)),
            `${what}: ${refused.status} ${refused.text}`,
          )
        }
      } finally {
        await api.close()
      }
    }))

  test('answer wrong methods, unknown paths, odd content types and encodings as documented', () =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, operations)
      try {
        const rows = [
          ['DELETE', '/ccs/api/v1/oauth/tokens', {}, 405, 'This address does not answer to this method.'],
          ['PUT', '/CCS/API/v1/JOBS/', {}, 405, 'This address does not answer to this method.'],
          ['GET', '/ccs/api/v1/nothing', {}, 404, 'There is nothing at this address.'],
          ['GET', '/ccs/api/v1/%zz', {}, 404, 'There is nothing at this address.'],
          [
            'PATCH',
            '/ccs/api/v1/Jobs',
            { 'content-type': 'bogus' },
            401,
            'Authorization has been denied for this request.',
          ],
          [
            'PATCH',
            '/ccs/api/v1/jobs/',
            { 'content-encoding': 'gzip' },
            415,
            'The request body must be sent without a content encoding.',
          ],
        ] as const
        for (const [method, url, headers, status, message] of rows) {
          const reply = await api.send(method, url, { headers, ...(method === 'PATCH' ? { body: '{}' } : {}) })
          assert.deepEqual([url, reply.status, reply.body], [url, status, { Message: message }])
        }
        const token = await api.addCaller('anna', [], [])
        const large = await api.send('PATCH', '/ccs/api/v1/jobs', { token, body: ' '.repeat(20 * 1024 * 1024) })
        assert.deepEqual(
          [large.status, large.body],
          [413, { Message: 'The request is larger than this server accepts.' }],
        )
      } finally {
        await api.close()
      }
    }))
})
