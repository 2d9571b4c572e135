import { Type } from 'typebox'
import type { Static } from 'typebox'

/** What the API says about results and runs, as JSON Schema. */

const guid = Type.String({ format: 'uuid' })
const instant = Type.String({ format: 'date-time' })
const instantOrNull = Type.Union([instant, Type.Null()])
const textOrNull = Type.Union([Type.String(), Type.Null()])

export const rawResultsBody = Type.Object({
  AssetID: guid,
  StandardID: guid,
  JobRunID: Type.Optional(Type.String({ format: 'uuid', description: 'of this run; the latest without it' })),
  StandardVersion: Type.Optional(Type.String({ description: 'of this version, such as 1.3.0' })),
  CheckIDList: Type.Optional(Type.Array(guid, { description: 'these checks only; empty for all' })),
})

/** The product's own clients read every member of a check as a string. */
const rawCheck = Type.Object({
  'Check name': Type.String(),
  'Check status': Type.String({
    description: 'Passed, Failed, Unknown, Not Applicable, Manual Review or Exempted',
  }),
  CheckID: guid,
  Risk: Type.String(),
  Confidentiality: Type.String(),
  Integrity: Type.String(),
  Availability: Type.String(),
  AccessVector: Type.String(),
  AccessComplexity: Type.String(),
  Authentication: Type.String(),
  'Rule ID': Type.String({ description: 'the id of the rule in the benchmark' }),
  'Rule result': Type.String({ description: 'as XCCDF has it' }),
  Message: Type.String(),
})

const statistics = Type.Object({
  'Data collected on date': instantOrNull,
  'Evaluated on date': instant,
  'Compliance score': Type.Union([Type.Number(), Type.Null()], { description: 'exempted checks counted as passed' }),
  'Compliance score without exemptions': Type.Union([Type.Number(), Type.Null()]),
  'Risk score': Type.Number(),
  'Passed Checks': Type.Integer(),
  'Failed Checks': Type.Integer(),
  'Unknown Checks': Type.Integer(),
  'NotApplicable Checks': Type.Integer(),
  'Exempted Checks': Type.Integer(),
  'Checks to be manually reviewed': Type.Integer(),
})

const rawEvaluationResult = Type.Object({
  'Standard Name': Type.String(),
  'Standard ID': guid,
  'Standard Version': Type.String(),
  'Asset ID': guid,
  'Job Run ID': guid,
  'Compliance Statistics': statistics,
  'Passed Checks': Type.Array(rawCheck),
  'Failed Checks': Type.Array(rawCheck),
  'Unknown Checks': Type.Array(rawCheck),
  'NotApplicable Checks': Type.Array(rawCheck),
  'Exempted Checks': Type.Array(rawCheck),
  'Checks to be manually reviewed': Type.Array(rawCheck),
})

export const rawResultsReply = Type.Object({ RawEvaluationResult: rawEvaluationResult })

export type RawCheck = Static<typeof rawCheck>
export type RawEvaluationResult = Static<typeof rawEvaluationResult>

const traffic = {
  roundTrips: Type.Integer({ description: 'how often an asset was waited for, after the login' }),
  bytesSent: Type.Integer(),
  bytesReceived: Type.Integer(),
}

const runAsset = Type.Object({
  assetId: guid,
  name: Type.String(),
  state: Type.String(),
  attempt: Type.Integer(),
  reason: textOrNull,
  message: textOrNull,
  evidenceId: Type.Union([guid, Type.Null()]),
  traffic: Type.Union([Type.Object(traffic), Type.Null()], { description: 'null when nothing was read over SSH' }),
  startedAt: instantOrNull,
  endedAt: instantOrNull,
})

export const runReply = Type.Object({
  id: guid,
  jobId: guid,
  jobName: Type.String(),
  status: Type.String(),
  trigger: Type.String(),
  requestedBy: Type.String(),
  queuedAt: instant,
  startedAt: instantOrNull,
  endedAt: instantOrNull,
  counts: Type.Record(Type.String(), Type.Integer()),
  standards: Type.Array(
    Type.Object({
      standardId: guid,
      title: Type.String(),
      assets: Type.Integer(),
      counts: Type.Record(Type.String(), Type.Integer()),
      exempted: Type.Integer({ description: 'verdicts among these that a waiver exempted' }),
    }),
  ),
  traffic: Type.Union([Type.Object({ assets: Type.Integer(), ...traffic }), Type.Null()], {
    description: 'of all assets that were read over SSH',
  }),
  assets: Type.Array(runAsset),
  nextAfter: Type.Union([guid, Type.Null()], { description: 'ask for the next page of assets with ?after=' }),
  messages: Type.Array(
    Type.Object({
      at: instant,
      assetId: Type.Union([guid, Type.Null()]),
      phase: Type.String(),
      text: Type.String(),
    }),
  ),
})

export const resultReply = Type.Object({
  runId: guid,
  assetId: guid,
  standardId: guid,
  standardTitle: Type.String(),
  standardVersion: Type.String(),
  evaluatedAt: instant,
  evidence: Type.Object({
    id: Type.Union([guid, Type.Null()]),
    collectedFrom: instantOrNull,
    collectedTo: instantOrNull,
  }),
  reason: textOrNull,
  score: Type.Union([Type.Number(), Type.Null()], { description: 'of what was found' }),
  adjustedScore: Type.Union([Type.Number(), Type.Null()], { description: 'exempted rules counted as passed' }),
  scores: Type.Record(Type.String(), Type.Number()),
  counts: Type.Record(Type.String(), Type.Integer()),
  rules: Type.Array(
    Type.Object({
      id: Type.String(),
      checkId: guid,
      title: Type.String(),
      severity: Type.String(),
      result: Type.String(),
      /** Since when it has come to this; null when this is not the present verdict. */
      since: instantOrNull,
      /** What exempts this verdict; null when nothing does. */
      waiver: Type.Union([
        Type.Null(),
        Type.Object({
          id: guid,
          reason: Type.String(),
          startsAt: instant,
          endsAt: instant,
          requestedBy: Type.String(),
          decidedBy: textOrNull,
        }),
      ]),
      messages: Type.Array(Type.String()),
      explanation: Type.Optional(Type.Unknown()),
    }),
  ),
})

export const evidenceReply = Type.Object({
  id: guid,
  assetId: guid,
  runId: Type.Union([guid, Type.Null()]),
  collectedAt: instant,
  complete: Type.Boolean(),
  digest: Type.String(),
  systemInfo: Type.Unknown(),
  objects: Type.Record(Type.String(), Type.Unknown()),
})
