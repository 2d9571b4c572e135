import { openApi } from './api/open-api.ts'
import { defineOperation, type ServerOperation } from './context.ts'
import {
  addAssetGroupOperation,
  deleteAssetGroupOperation,
  setAssetGroupMembers,
} from './routes/asset-groups/change-asset-groups.ts'
import { assetGroupAssets } from './routes/asset-groups/asset-group-assets.ts'
import { getAssetGroup } from './routes/asset-groups/get-asset-group.ts'
import { searchAssetGroupsOperation } from './routes/asset-groups/search-asset-groups.ts'
import { importAssetsOperation } from './routes/asset-imports/import-assets.ts'
import { addImportJob, changeImportJob, getImportJob } from './routes/asset-imports/import-jobs.ts'
import { createAssets } from './routes/assets/create-assets.ts'
import { deleteAssetsOperation } from './routes/assets/delete-assets.ts'
import { getAsset } from './routes/assets/get-asset.ts'
import { testAsset } from './routes/assets/test-asset.ts'
import { searchAssetsOperation } from './routes/assets/search-assets.ts'
import { listAuditOperation } from './routes/audit/list-audit.ts'
import { verifyAuditOperation } from './routes/audit/verify-audit.ts'
import { importContentOperation } from './routes/contents/import-content.ts'
import { listContentsOperation } from './routes/contents/list-contents.ts'
import {
  addCredential,
  changeCredential,
  deleteCredentialOperation,
  listCredentialsOperation,
} from './routes/credentials/credentials.ts'
import { getEvidence } from './routes/evidence/get-evidence.ts'
import { addFolderOperation, listFoldersOperation } from './routes/folders/folders.ts'
import {
  approveHostKeyOperation,
  deleteHostKeysOperation,
  listHostKeysOperation,
} from './routes/host-keys/host-keys.ts'
import { createJob } from './routes/jobs/create-job.ts'
import { deleteJob } from './routes/jobs/delete-job.ts'
import { getJob } from './routes/jobs/get-job.ts'
import { jobOperation } from './routes/jobs/job-operation.ts'
import { latestJobRuns } from './routes/jobs/latest-job-runs.ts'
import { searchJobs } from './routes/jobs/search-jobs.ts'
import { updateJob } from './routes/jobs/update-job.ts'
import { rotateMasterKeyOperation } from './routes/master-key/rotate-master-key.ts'
import { tryNotifications } from './routes/notifications/try-notifications.ts'
import { synchroniseReports } from './routes/reporting/synchronise.ts'
import { getRawResults } from './routes/results/get-raw-results.ts'
import { getResult } from './routes/results/get-result.ts'
import { getDrift } from './routes/runs/get-drift.ts'
import { getRun } from './routes/runs/get-run.ts'
import { doctorOperation } from './routes/server/doctor.ts'
import { metricsOperation } from './routes/server/metrics.ts'
import { aliveOperation, healthOperation, readyOperation } from './routes/server/health.ts'
import { changeStandardOperation } from './routes/standards/change-standard.ts'
import { getPrivileges } from './routes/standards/get-privileges.ts'
import { searchStandardsOperation } from './routes/standards/search-standards.ts'
import { createTokens } from './routes/tokens/create-tokens.ts'
import { addUserOperation } from './routes/users/add-user.ts'
import { changeUserOperation } from './routes/users/change-user.ts'
import { listRolesOperation } from './routes/users/list-roles.ts'
import { listUsersOperation } from './routes/users/list-users.ts'

import { decideWaiverOperation } from './routes/waivers/decide-waiver.ts'
import { endWaiverOperation } from './routes/waivers/end-waiver.ts'
import { getWaiver, listWaiversOperation } from './routes/waivers/list-waivers.ts'
import { requestWaiver } from './routes/waivers/request-waiver.ts'

const described: readonly ServerOperation[] = [
  createTokens,
  updateJob,
  createJob,
  jobOperation,
  deleteJob,
  latestJobRuns,
  getJob,
  searchJobs,
  searchAssetsOperation,
  getAsset,
  createAssets,
  deleteAssetsOperation,
  testAsset,
  importAssetsOperation,
  addImportJob,
  getImportJob,
  changeImportJob,
  searchAssetGroupsOperation,
  getAssetGroup,
  assetGroupAssets,
  searchStandardsOperation,
  changeStandardOperation,
  getPrivileges,
  getRawResults,
  getRun,
  getDrift,
  getResult,
  getEvidence,
  listWaiversOperation,
  getWaiver,
  requestWaiver,
  decideWaiverOperation,
  endWaiverOperation,
  synchroniseReports,
  importContentOperation,
  listContentsOperation,
  addAssetGroupOperation,
  setAssetGroupMembers,
  deleteAssetGroupOperation,
  listFoldersOperation,
  addFolderOperation,
  listCredentialsOperation,
  addCredential,
  changeCredential,
  deleteCredentialOperation,
  listHostKeysOperation,
  approveHostKeyOperation,
  deleteHostKeysOperation,
  listUsersOperation,
  addUserOperation,
  changeUserOperation,
  listRolesOperation,
  listAuditOperation,
  verifyAuditOperation,
  rotateMasterKeyOperation,
  tryNotifications,
  doctorOperation,
  healthOperation,
  readyOperation,
  aliveOperation,
  metricsOperation,
]

/** Every operation of the API, the one that describes the others included. */
export const operations: readonly ServerOperation[] = [
  ...described,
  defineOperation({
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'This API as an OpenAPI document',
    access: 'public',
    replies: {},
    handler: async () => ({ status: 200, body: openApi(described, '1.0.0') }),
  }),
]
