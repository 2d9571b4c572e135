import { Type } from 'typebox'
import type { Static } from 'typebox'
import { checkGuid, renderText, resolveProfile } from '@plumbline/scap'
import { refusal } from '../../api/job-details.ts'
import { reaches } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { findAssetGroup } from '../../store/asset-groups.ts'
import { findAsset } from '../../store/assets.ts'
import { recordAudit } from '../../store/audit.ts'
import { loadBenchmark } from '../../store/contents.ts'
import { pinStandards } from '../../store/run-inputs.ts'
import { addWaiver } from '../../store/waivers.ts'
import type { NewWaiver } from '../../store/waivers.ts'
import { ownBody } from '../own-body.ts'
import { refuse } from '../search-parameters.ts'
import { reread, waiverSchema } from './waiver-rules.ts'

const id = Type.String({ format: 'uuid' })
const instant = Type.String({ format: 'date-time', maxLength: 40 })

const body = Type.Object({
  standard: id,
  rule: Type.String({ minLength: 1, maxLength: 500, description: 'the id of the rule, or the GUID of its check' }),
  asset: Type.Optional(id),
  assetGroup: Type.Optional(id),
  allAssets: Type.Optional(Type.Boolean({ description: 'one of asset, assetGroup and allAssets is needed' })),
  reason: Type.String({ minLength: 1, maxLength: 4000, pattern: String.raw`^[^\u0000]*\S[^\u0000]*$` }),
  startsAt: Type.Optional(instant),
  endsAt: instant,
})

/** Asks for an exception: it exempts nothing until somebody approves it. */
export const requestWaiver = defineOperation({
  method: 'POST',
  path: '/api/v1/waivers',
  summary: 'Request a waiver of a rule of a standard, on an asset, an asset group or all assets',
  access: { tasks: ['Request Exceptions'], anyBelow: 'Asset System' },
  body,
  replies: { 201: waiverSchema, 400: refusal, 403: refusal },
  async handler({ database }, { caller, body: bytes }) {
    const sent = ownBody(body, bytes)
    const { kysely: db } = database
    const scope = await scopeOf(db, caller, sent)
    const rule = await ruleOf(db, sent)
    const waiverId = await db.transaction().execute(async (tx) => {
      const added = await add(tx, sent, { ...scope, ...rule, requestedBy: caller.name })
      const detail = { standard: sent.standard, rule: rule.ruleId, ...scope, endsAt: sent.endsAt, reason: sent.reason }
      await recordAudit(tx, { actor: caller.name, action: 'waiver.request', target: added, outcome: 'done', detail })
      return added
    })
    return { status: 201, body: await reread(db, waiverId) }
  },
})

type Sent = Static<typeof body>
type Scope = Pick<NewWaiver, 'assetId' | 'groupId' | 'scope'>

async function add(
  tx: Transaction,
  { standard, reason, startsAt, endsAt }: Sent,
  about: Pick<NewWaiver, 'requestedBy' | 'ruleId' | 'ruleTitle'> & Scope,
): Promise<string> {
  const period = { startsAt: startsAt ?? null, endsAt }
  const added = await addWaiver(tx, { ...about, ...period, standardId: standard.toLowerCase(), reason })
  if (added === undefined) throw refuse('endsAt', endsAt, 'an instant that is still to come, after startsAt')
  return added
}

type Db = Parameters<typeof findAsset>[0]

async function scopeOf(db: Db, caller: Caller, { asset, assetGroup, allAssets }: Sent): Promise<Scope> {
  const given = [asset, assetGroup, allAssets === true ? true : undefined].filter((one) => one !== undefined)
  if (given.length !== 1) {
    throw new RequestError('invalid-request', {
      message:
        'A waiver is on one asset, on one asset group or on all assets: send one of asset, assetGroup and allAssets.',
    })
  }
  if (asset !== undefined) {
    const found = await findAsset(db, asset.toLowerCase())
    if (found === undefined || !reaches(caller, found.path)) throw refuse('asset', asset, 'an asset that you may use')
    return { scope: 'asset', assetId: found.id, groupId: null }
  }
  if (assetGroup === undefined) return { scope: 'all', assetId: null, groupId: null }
  const found = await findAssetGroup(db, assetGroup.toLowerCase())
  if (found === undefined || !reaches(caller, found.path)) {
    throw refuse('assetGroup', assetGroup, 'an asset group that you may use')
  }
  return { scope: 'group', assetId: null, groupId: found.id }
}

/** A slip of the pen in the rule would make a waiver that never exempts anything. */
async function ruleOf(db: Db, { standard, rule }: Sent): Promise<Pick<NewWaiver, 'ruleId' | 'ruleTitle'>> {
  const { standards } = await pinStandards(db, [standard.toLowerCase()])
  const [pinned] = standards
  if (pinned === undefined) throw refuse('standard', standard, 'the id of a standard')
  const { content } = await loadBenchmark(db, pinned.contentDigest, pinned.benchmarkId)
  const profile = resolveProfile(content.benchmark, pinned.profileId ?? undefined)
  const found = profile.rules.find(
    (one) => one.selected && (one.rule.id === rule || checkGuid(one.rule.id) === rule.toLowerCase()),
  )
  if (found === undefined) throw refuse('rule', rule, 'a rule of the standard, by its id or its CheckID')
  return { ruleId: found.rule.id, ruleTitle: renderText(found.rule.title, profile.values) }
}
