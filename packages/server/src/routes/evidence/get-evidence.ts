import type { CollectedObject, ItemEntity } from '@plumbline/scap'
import { refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import { evidenceReply } from '../../api/results.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findEvidence } from '../../store/evidence.ts'

/** Everything collected from an asset up to one moment, each object with its own instant. */
export const getEvidence = defineOperation({
  method: 'GET',
  path: '/api/v1/evidence/:id',
  summary: 'What was collected from an asset',
  access: { tasks: ['View evaluation results', 'View assets'], folders: ['Asset System'] },
  replies: { 200: evidenceReply, 403: refusal, 404: refusal },
  async handler(context, { params }) {
    const id = (params['id'] ?? '').toLowerCase()
    const evidence = isGuid(id) ? await findEvidence(context.database.kysely, id) : undefined
    if (evidence === undefined) throw new RequestError('not-found', { message: `There is no evidence '${id}'.` })
    const { assetId, runId, collectedAt, complete, digest, systemInfo } = evidence
    const objects = Object.fromEntries(Object.entries(evidence.objects).map(([key, object]) => [key, masked(object)]))
    return { status: 200, body: { id, assetId, runId, collectedAt, complete, digest, systemInfo, objects } }
  },
})

/** What content wants masked is evaluated and never shown. */
function masked(object: CollectedObject): CollectedObject {
  const hide = (entity: ItemEntity): ItemEntity => {
    if (entity.mask !== true) return entity
    const { fields: _, ...shown } = entity
    return { ...shown, value: '' }
  }
  return { ...object, items: object.items.map((item) => ({ ...item, entities: item.entities.map(hide) })) }
}
