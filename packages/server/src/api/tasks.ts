/** The tasks that a role may permit, named as the product's console names them. */
export const tasks = [
  'View standards',
  'View assets',
  'Manage jobs',
  'Collect data',
  'Evaluate standards',
  'View evaluation results',
  'View all jobs',
  'Manage assets and asset groups',
  'Manage Standards',
  'Manage Users',
  'View Roles',
  'View Audit',
  'View Configuration Settings',
  'Request Exceptions',
  'Manage Exceptions',
] as const

export type Task = (typeof tasks)[number]

/** The folders at the top; a permission on one reaches everything below it. */
export const rootFolders = ['Asset System', 'Standards'] as const

export type RootFolder = (typeof rootFolders)[number]
