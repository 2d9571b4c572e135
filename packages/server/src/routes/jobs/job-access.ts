import type { Access } from '../../api/operation.ts'

const folders = ['Asset System', 'Standards'] as const

/** What a caller needs to see jobs (Search Jobs, Search Job by ID). */
export const toSeeJobs = {
  tasks: ['View all jobs', 'View standards', 'View assets'],
  folders,
} as const satisfies Access

/** What a caller needs to make and change jobs (Create Job, Update Job). */
export const toDefineJobs = {
  tasks: [
    'View standards',
    'View assets',
    'Manage jobs',
    'Collect data',
    'Evaluate standards',
    'View evaluation results',
  ],
  folders,
} as const satisfies Access
