import { Type } from 'typebox'
import { accountInSudoers, privilegesFor, writeSudoers } from '@plumbline/collect'
import { planCollection, resolveProfile } from '@plumbline/scap'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { loadBenchmark } from '../../store/contents.ts'
import { pinStandards } from '../../store/run-inputs.ts'
import { searchStandards } from '../../store/standards.ts'

/** What an account needs on a machine to be scanned for a standard, and the sudoers file that gives it that. */
export const getPrivileges = defineOperation({
  method: 'GET',
  path: '/api/v1/standards/:id/privileges',
  summary: 'The files and commands that a standard needs, with a sudoers file',
  access: { tasks: ['View standards'], anyBelow: 'Standards' },
  query: { account: { description: 'the account that scans log in with; scan without it' } },
  replies: {
    200: Type.Object({
      standard: Type.String(),
      contents: Type.Array(
        Type.Object({ path: Type.Optional(Type.String()), expression: Type.Optional(Type.String()) }),
      ),
      searches: Type.Boolean(),
      commands: Type.Array(Type.String()),
      unknown: Type.Array(Type.String()),
      sudoers: Type.String(),
    }),
  },
  async handler({ database: { kysely } }, { caller, params, query }) {
    const id = (params['id'] ?? '').toLowerCase()
    const account = query.get('account') ?? 'scan'
    if (accountInSudoers(account) === undefined) {
      throw new RequestError('invalid-request', {
        details: [{ Member: 'account', Value: account, Allowed: 'the name of an account that sudoers can name' }],
      })
    }
    const conditions = [{ attribute: 'id', operator: '=', value: id }] as const
    const [seen] = isGuid(id)
      ? await searchStandards(kysely, { conditions, container: 'Standards', subtree: true, permitted: caller.folders })
      : []
    const [standard] = seen === undefined ? [] : (await pinStandards(kysely, [id])).standards
    if (standard === undefined) throw new RequestError('not-found', { message: `There is no standard '${id}'.` })
    const { content } = await loadBenchmark(kysely, standard.contentDigest, standard.benchmarkId)
    const profile = resolveProfile(content.benchmark, standard.profileId ?? undefined)
    const { contents, searches, commands, unknown } = privilegesFor(planCollection(content, profile))
    const sudoers = writeSudoers(
      { contents, searches, commands, unknown },
      { account, standard: `${standard.title}, ${standard.version}` },
    )
    const body = { standard: standard.title, contents: [...contents], searches, commands: [...commands], sudoers }
    return { status: 200, body: { ...body, unknown: [...unknown] } }
  },
})
