import { rootFolders, tasks, type RootFolder, type Task } from '../api/tasks.ts'

export interface Role {
  readonly name: string
  readonly tasks: readonly Task[]
  readonly folders: readonly RootFolder[]
}

const viewTasks = tasks.filter((task) => task.startsWith('View'))
const both = rootFolders

/** The predefined roles. They cannot be changed; permission on the predefined folders comes with the role. */
export const predefinedRoles: readonly Role[] = [
  { name: 'CCS Administrator', tasks, folders: both },
  {
    name: 'Power User',
    tasks: tasks.filter((task) => !['Manage Users', 'View Configuration Settings'].includes(task)),
    folders: both,
  },
  {
    name: 'Standards Administrator',
    tasks: ['View standards', 'Manage Standards', 'Manage jobs', 'View all jobs', 'View Configuration Settings'],
    folders: ['Standards'],
  },
  {
    name: 'Standards Evaluator',
    tasks: [
      'View standards',
      'View assets',
      'Manage jobs',
      'Collect data',
      'Evaluate standards',
      'View evaluation results',
      'View all jobs',
      'Request Exceptions',
    ],
    folders: both,
  },
  { name: 'Assets Viewer', tasks: ['View assets'], folders: ['Asset System'] },
  { name: 'Auditor', tasks: viewTasks, folders: both },
  {
    name: 'Remediation Administrator',
    tasks: ['View standards', 'View assets', 'View evaluation results'],
    folders: [],
  },
  { name: 'Guest User', tasks: ['Request Exceptions'], folders: [] },
]
