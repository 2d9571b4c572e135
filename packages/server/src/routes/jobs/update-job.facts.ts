import type { Task } from '../../api/tasks.ts'

/**
 * What Update Job does, one row a fact: what is stored, what is sent, what comes back, and what is stored then. Read it
 * as the contract; `update-job.test.ts` holds every row against the API on both databases.
 */
export interface Fact {
  readonly fact: string
  /** Members of the stored job that differ from {@link storedDetails}. */
  readonly stored?: Readonly<Record<string, unknown>>
  /** The stored job's type; CollectionEvaluationJob otherwise. */
  readonly type?: string
  /** `JobDetails`; the stored job's GUID goes with it. */
  readonly details?: unknown
  /** The whole body instead, as JSON or as it is. */
  readonly body?: unknown
  readonly caller?: Caller
  readonly method?: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT'
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  /** `Message` of the reply. */
  readonly text?: string
  /** `Details` of the reply, where the fact is about them. */
  readonly says?: readonly { readonly Member: string; readonly Value?: unknown; readonly Allowed: string }[]
  /** Headers of the reply, where the fact is about them. */
  readonly replyHeaders?: Readonly<Record<string, string>>
  /** Members that are different afterwards, or without a value no longer shown; an accepted update without it changes nothing, a refused one never does. */
  readonly becomes?: Readonly<Record<string, unknown>>
  /** Runs that the update starts; none otherwise. */
  readonly starts?: number
}

export type Caller =
  | 'another administrator'
  | 'nobody'
  | 'somebody with an expired token'
  | { readonly without: Task | 'Asset System' | 'Standards' }

export const ids = {
  job: '2a221e47-f38a-4a6b-af20-43d650e6d56b',
  otherJob: '591f2322-3ba4-4626-b5d0-8028497f362f',
  asset: '5ed919fd-9f70-429a-bd36-f22bcbbe8fa4',
  otherAsset: '6b020d29-0000-4000-8000-00000000000a',
  deletedAsset: '6b020d29-0000-4000-8000-00000000000d',
  group: '6b020d29-0000-4000-8000-00000000000b',
  standard: '0c2e5f10-0000-4000-8000-000000000001',
  otherStandard: '0c2e5f10-0000-4000-8000-000000000002',
  nothing: 'ffffffff-ffff-4fff-8fff-ffffffffffff',
} as const

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

export const storedSchedule = {
  RunNow: false,
  RunPeriodically: true,
  StartDate: '2018-11-18T02:14:27.5120788-08:00',
  RunOnce: false,
  RunEveryNDays: true,
  RepeatDays: 50,
  RepeatMinutes: 0,
  RecurrenceType: 0,
  WeeklyRecurEvery: 0,
  WeeklyDay: 0,
  MonthlyRecurEvery: 0,
  MonthlyIsByOrdinalDay: false,
  MonthlyDay: 0,
  MonthlyOrdinalDay: 0,
  MonthlyDayOfTheWeek: 0,
  EndJobRunConfigured: false,
  EndJobRunTimeInterval: '00:00:00',
  SubScheduleRepeatDays: 0,
  SubScheduleRepeatPeriodDays: 0,
}

const mail = {
  ToEmailAddress: 'ops@example.org; audit@example.org',
  FromEmailAddress: 'plumbline@example.org',
  Subject: 'Nightly',
  Body: 'It has run.',
}

export const storedDetails = {
  JobName: 'Nightly',
  JobDescription: 'All web servers',
  AssetsResolutionInfo: [{ Id: ids.asset, Type: unix }],
  Standards: [ids.standard],
  IsIncremental: false,
  IncrementalPeriod: 1,
  CollectionOnlyTimeOutHours: 0,
  CollectionOnlyTimeOutMins: 0,
  SuccessNotification: null,
  FailureNotification: null,
  ShouldSendSuccessNotification: false,
  ShouldSendFailureNotification: false,
  ShouldSynchronizeResults: false,
  Schedule: storedSchedule,
}

const nullText = 'Invalid input data. Either JobID or JobDetails is null.'
const parseText = 'Exception while parsing JSON. Please check expected type of input parameter and its given value.'
const forbiddenText = 'You are not authorized to perform this task. Access is denied.'
const unauthorizedText = 'Authorization has been denied for this request.'
const takenText = (name: string): string => `The specified name ${name} already exists. Create a job with a new name.`
const typeText = (type: string): string => `Given job type '${type}' not supported.`
const notFoundText = (id: string): string => `Job for specified JobID '${id}' not found.`

const change = { JobDescription: 'changed' }
const accepted = { details: change, status: 204, becomes: change }

export const facts: Readonly<Record<string, readonly Fact[]>> = {
  '1 What it can update': [
    { fact: 'a collection-evaluation job', type: 'CollectionEvaluationJob', ...accepted },
    { fact: 'a data collection job', type: 'DataCollectionJob', ...accepted },
    { fact: 'an evaluation job', type: 'EvaluationJob', ...accepted },
    ...['ReportDataSynchronizationJob', 'ProductionDataPurgeJob', 'AssetImportJob'].map((type) => ({
      fact: `no ${type}`,
      type,
      details: change,
      status: 400,
      text: typeText(type),
    })),
    {
      fact: 'the type of a job is no member of an update',
      details: { JobType: 'EvaluationJob', JobDescription: 'changed' },
      status: 204,
      becomes: change,
      replyHeaders: { 'plumbline-ignored-members': 'JobDetails.JobType' },
    },
  ],

  '2 Request': [
    { fact: 'the address of the page’s table', url: '/ccs/api/v1/jobs/', ...accepted },
    { fact: 'the address of the page’s script', url: '/ccs/api/v1/Jobs', ...accepted },
    { fact: 'an address in capital letters', url: '/CCS/API/V1/JOBS/', ...accepted },
    ...['text/plain', 'application/x-www-form-urlencoded', 'bogus', 'application/json; charset=utf-8'].map((type) => ({
      fact: `a body that is called ${type}`,
      headers: { 'content-type': type },
      ...accepted,
    })),
    {
      fact: 'the wrong method',
      method: 'PUT',
      details: change,
      status: 405,
      text: 'This address does not answer to this method.',
    },
    {
      fact: 'an unknown address',
      url: '/ccs/api/v1/job',
      details: change,
      status: 404,
      text: 'There is nothing at this address.',
    },
    {
      fact: 'a compressed body',
      headers: { 'content-encoding': 'gzip' },
      details: change,
      status: 415,
      text: 'The request body must be sent without a content encoding.',
    },
    {
      fact: 'a body of more than four MiB',
      details: { JobDescription: 'x'.repeat(4 * 1024 * 1024) },
      status: 413,
      text: 'The request is larger than this server accepts.',
    },
  ],

  '2.1 Who may call': [
    ...(
      [
        'View standards',
        'View assets',
        'Manage jobs',
        'Collect data',
        'Evaluate standards',
        'View evaluation results',
        'Asset System',
        'Standards',
      ] as const
    ).map((without) => ({
      fact: `nobody without ${without}`,
      caller: { without },
      details: change,
      status: 403,
      text: forbiddenText,
    })),
    { fact: 'somebody else than the creator of the job', caller: 'another administrator', ...accepted },
  ],

  '3 Body': [
    {
      fact: 'the page’s first sample: assets and a name',
      details: {
        AssetsResolutionInfo: [{ Id: ids.otherAsset, Type: 'symc-csm-AssetSystem-Asset-Wnt-Machine' }],
        JobName: 'Example_REST',
      },
      status: 204,
      becomes: {
        AssetsResolutionInfo: [{ Id: ids.otherAsset, Type: 'symc-csm-AssetSystem-Asset-Wnt-Machine' }],
        JobName: 'Example_REST',
      },
    },
    {
      fact: 'the page’s second sample: a description and a name',
      details: { JobDescription: 'Update Job Description', JobName: 'Test_Job' },
      status: 204,
      becomes: { JobDescription: 'Update Job Description', JobName: 'Test_Job' },
    },
    { fact: 'no member changes nothing', details: {}, status: 204 },
    {
      fact: 'a null member is a member that was not sent',
      details: { JobName: null, Schedule: null, IsIncremental: null },
      status: 204,
    },
    {
      fact: 'a list replaces the whole list',
      stored: { Standards: [ids.standard, ids.otherStandard] },
      details: { Standards: [ids.otherStandard] },
      status: 204,
      becomes: { Standards: [ids.otherStandard] },
    },
    {
      fact: 'an object replaces the whole object, with defaults for what it leaves out',
      stored: { SuccessNotification: mail },
      details: {
        SuccessNotification: { Subject: 'Other' },
        Schedule: { StartDate: '2030-01-01T00:00:00Z', RunPeriodically: true, RepeatMinutes: 30 },
      },
      status: 204,
      becomes: {
        SuccessNotification: { ToEmailAddress: '', FromEmailAddress: '', Subject: 'Other', Body: '' },
        Schedule: {
          ...storedSchedule,
          StartDate: '2030-01-01T00:00:00Z',
          RunEveryNDays: false,
          RepeatDays: 0,
          RepeatMinutes: 30,
        },
      },
    },
    {
      fact: 'what the searches return can be sent back',
      details: { ...storedDetails, ShouldSynchronizeResults: true },
      status: 204,
      becomes: { ShouldSynchronizeResults: true },
    },
  ],

  '4 Members': [
    ...Object.entries({
      JobName: 'Weekly',
      JobDescription: 'Größe, 大きさ, 📏',
      AssetsResolutionInfo: [
        { Id: ids.asset, Type: unix },
        { Id: ids.group, Type: 'symc-csm-AssetSystem-AssetGroup' },
      ],
      Standards: [ids.otherStandard, ids.standard],
      CollectionOnlyTimeOutHours: 1000,
      CollectionOnlyTimeOutMins: 59,
      SuccessNotification: mail,
      FailureNotification: mail,
      ShouldSynchronizeResults: true,
      Schedule: { ...storedSchedule, RepeatDays: 7 },
    }).map(([name, value]) => ({
      fact: `${name} is stored and returned`,
      details: { [name]: value },
      status: 204,
      becomes: { [name]: value },
    })),
    {
      fact: 'a job may be sent its own name',
      details: { JobName: 'Nightly', JobDescription: 'changed' },
      status: 204,
      becomes: change,
    },
    { fact: 'and in other letter case', details: { JobName: 'NIGHTLY' }, status: 204, becomes: { JobName: 'NIGHTLY' } },
    {
      fact: 'an element without a type gets the type of its asset or group',
      details: { AssetsResolutionInfo: [{ Id: ids.otherAsset }, { Id: ids.group, Type: null }] },
      status: 204,
      becomes: {
        AssetsResolutionInfo: [
          { Id: ids.otherAsset, Type: 'symc-csm-AssetSystem-Asset-Wnt-Machine' },
          { Id: ids.group, Type: 'symc-csm-AssetSystem-AssetGroup' },
        ],
      },
    },
    {
      fact: 'an id that comes twice counts once',
      details: { Standards: [ids.otherStandard, ids.otherStandard.toUpperCase()] },
      status: 204,
      becomes: { Standards: [ids.otherStandard] },
    },
    {
      fact: 'an asset that the job has stays, although it was deleted since',
      stored: { AssetsResolutionInfo: [{ Id: ids.deletedAsset, Type: unix }] },
      details: {
        AssetsResolutionInfo: [
          { Id: ids.deletedAsset, Type: unix },
          { Id: ids.asset, Type: unix },
        ],
      },
      status: 204,
      becomes: {
        AssetsResolutionInfo: [
          { Id: ids.deletedAsset, Type: unix },
          { Id: ids.asset, Type: unix },
        ],
      },
    },
    ...(
      [
        ['IncrementalPeriod', 0, 'an integer from 1 to 1000'],
        ['IncrementalPeriod', 1001, 'an integer from 1 to 1000'],
        ['CollectionOnlyTimeOutHours', -1, 'an integer from 0 to 1000'],
        ['CollectionOnlyTimeOutHours', 1001, 'an integer from 0 to 1000'],
        ['CollectionOnlyTimeOutMins', -1, 'an integer from 0 to 59'],
        ['CollectionOnlyTimeOutMins', 60, 'an integer from 0 to 59'],
        ['JobName', ' ', 'a name that is not blank'],
      ] as const
    ).map(([name, value, allowed]) => ({
      fact: `${name} ${JSON.stringify(value)} is out of range`,
      details: { [name]: value },
      status: 400,
      text: parseText,
      says: [{ Member: `JobDetails.${name}`, Value: value, Allowed: allowed }],
    })),
    {
      fact: 'an asset and a standard that are not there',
      details: {
        AssetsResolutionInfo: [{ Id: ids.asset, Type: unix }, { Id: ids.nothing, Type: unix }, { Type: unix }],
        Standards: [ids.nothing],
      },
      status: 400,
      text: nullText,
      says: [
        {
          Member: 'JobDetails.AssetsResolutionInfo[1]',
          Value: ids.nothing,
          Allowed: 'the id of an asset or asset group that you may use',
        },
        {
          Member: 'JobDetails.AssetsResolutionInfo[2]',
          Value: null,
          Allowed: 'the id of an asset or asset group that you may use',
        },
        { Member: 'JobDetails.Standards[0]', Value: ids.nothing, Allowed: 'the id of a standard that you may use' },
      ],
    },
    {
      fact: 'a deleted asset',
      details: { AssetsResolutionInfo: [{ Id: ids.deletedAsset, Type: unix }] },
      status: 400,
      text: nullText,
    },
    {
      fact: 'a standard’s id among the assets',
      details: { AssetsResolutionInfo: [{ Id: ids.standard, Type: unix }] },
      status: 400,
      text: nullText,
    },
    { fact: 'no asset', details: { AssetsResolutionInfo: [] }, status: 400, text: nullText },
    { fact: 'no standard', details: { Standards: [] }, status: 400, text: nullText },
  ],

  '4.1 IsIncremental and IncrementalPeriod': [
    {
      fact: 'a period alone switches it on',
      details: { IncrementalPeriod: 5 },
      status: 204,
      becomes: { IsIncremental: true, IncrementalPeriod: 5 },
    },
    {
      fact: 'a period and true',
      details: { IncrementalPeriod: 5, IsIncremental: true },
      status: 204,
      becomes: { IsIncremental: true, IncrementalPeriod: 5 },
    },
    {
      fact: 'an explicit false wins, and the period is kept',
      stored: { IsIncremental: true, IncrementalPeriod: 30 },
      details: { IncrementalPeriod: 5, IsIncremental: false },
      status: 204,
      becomes: { IsIncremental: false, IncrementalPeriod: 5 },
    },
    {
      fact: 'neither leaves both as they are',
      stored: { IsIncremental: true, IncrementalPeriod: 30 },
      ...accepted,
    },
    {
      fact: 'true alone means one day',
      stored: { IsIncremental: false, IncrementalPeriod: 30 },
      details: { IsIncremental: true },
      status: 204,
      becomes: { IsIncremental: true, IncrementalPeriod: 1 },
    },
    {
      fact: 'false alone means off, and one day',
      stored: { IsIncremental: true, IncrementalPeriod: 30 },
      details: { IsIncremental: false },
      status: 204,
      becomes: { IsIncremental: false, IncrementalPeriod: 1 },
    },
  ],

  '4.2 Notifications': [
    ...(['Success', 'Failure'] as const).flatMap((which): Fact[] => {
      const flag = `ShouldSend${which}Notification`
      const object = `${which}Notification`
      return [
        {
          fact: `${flag} with its notification`,
          details: { [flag]: true, [object]: mail },
          status: 204,
          becomes: { [flag]: true, [object]: mail },
        },
        {
          fact: `${flag} true needs ${object}`,
          details: { [flag]: true },
          status: 400,
          text: nullText,
          says: [{ Member: `JobDetails.${object}`, Value: null, Allowed: `a notification, because ${flag} is true` }],
        },
        ...Object.keys(mail).map((member) => ({
          fact: `${flag} true needs ${object}.${member}`,
          details: { [flag]: true, [object]: { ...mail, [member]: undefined } },
          status: 400,
          text: nullText,
          says: [
            {
              Member: `JobDetails.${object}.${member}`,
              Value: '',
              Allowed: `a text that is not blank, because ${flag} is true`,
            },
          ],
        })),
        {
          fact: `${flag} true is satisfied by the stored ${object}`,
          stored: { [object]: mail },
          details: { [flag]: true },
          status: 204,
          becomes: { [flag]: true },
        },
        {
          fact: `${flag} true is not satisfied by a stored ${object} with a blank member`,
          stored: { [object]: { ...mail, Subject: ' ' } },
          details: { [flag]: true },
          status: 400,
          text: nullText,
        },
        {
          fact: `${object} may not lose a member while ${flag} is on`,
          stored: { [flag]: true, [object]: mail },
          details: { [object]: { Subject: 'only this' } },
          status: 400,
          text: nullText,
        },
        {
          fact: `${object} may be incomplete while ${flag} is off`,
          details: { [object]: { ...mail, ToEmailAddress: '' }, [flag]: false },
          status: 204,
          becomes: { [object]: { ...mail, ToEmailAddress: '' } },
        },
        {
          fact: `${flag} off leaves the stored ${object} alone`,
          stored: { [flag]: true, [object]: mail },
          details: { [flag]: false },
          status: 204,
          becomes: { [flag]: false },
        },
        {
          fact: `${object} to what is no address, while ${flag} is on`,
          details: { [flag]: true, [object]: { ...mail, ToEmailAddress: 'ops@example.org, nobody' } },
          status: 400,
          text: parseText,
          says: [
            {
              Member: `JobDetails.${object}.ToEmailAddress`,
              Value: 'nobody',
              Allowed: 'e-mail addresses, separated by ; or ,',
            },
          ],
        },
      ]
    }),
  ],

  '5 Schedule': [
    {
      fact: 'create and run: RunNow starts one run',
      details: { Schedule: { ...storedSchedule, RunNow: true, RunPeriodically: false } },
      status: 204,
      becomes: { Schedule: { ...storedSchedule, RunNow: true, RunPeriodically: false } },
      starts: 1,
    },
    {
      fact: 'run now with RunOnce and RunEveryNDays, which contradict each other and mean nothing then',
      details: { Schedule: { ...storedSchedule, RunNow: true, RunPeriodically: false, RunOnce: true } },
      status: 204,
      becomes: { Schedule: { ...storedSchedule, RunNow: true, RunPeriodically: false, RunOnce: true } },
      starts: 1,
    },
    {
      fact: 'RunNow and RunPeriodically: one run now, and the schedule',
      details: { Schedule: { ...storedSchedule, RunNow: true } },
      status: 204,
      becomes: { Schedule: { ...storedSchedule, RunNow: true } },
      starts: 1,
    },
    {
      fact: 'RunNow of a stored schedule means nothing to an update without one',
      stored: { Schedule: { ...storedSchedule, RunNow: true } },
      ...accepted,
    },
    {
      fact: 'neither RunNow nor RunPeriodically: no run',
      details: { Schedule: { ...storedSchedule, RunPeriodically: false } },
      status: 204,
      becomes: { Schedule: { ...storedSchedule, RunPeriodically: false } },
    },
    ...Object.entries({
      RecurrenceType: [3, -1],
      WeeklyDay: [7, -1],
      MonthlyDayOfTheWeek: [7],
      MonthlyOrdinalDay: [5],
      MonthlyDay: [32, -1],
      RepeatDays: [-1],
      RepeatMinutes: [-1],
      WeeklyRecurEvery: [-1],
      MonthlyRecurEvery: [-1],
      SubScheduleRepeatDays: [-1],
      SubScheduleRepeatPeriodDays: [-1],
    }).flatMap(([name, values]) =>
      values.map((value) => ({
        fact: `${name} ${value} is out of range`,
        details: { Schedule: { ...storedSchedule, [name]: value } },
        status: 400,
        text: parseText,
      })),
    ),
    ...['tomorrow', '18.11.2018', '2018-02-30T00:00:00Z', '2018-11-18T24:00:00Z', '', 5, true].map((value) => ({
      fact: `StartDate ${JSON.stringify(value)} is no date`,
      details: { Schedule: { ...storedSchedule, StartDate: value } },
      status: 400,
      text: parseText,
      says: [
        {
          Member: 'JobDetails.Schedule.StartDate',
          Value: value,
          Allowed: 'an ISO 8601 date and time, such as 2018-11-18T02:14:27.5120788-08:00',
        },
      ],
    })),
    ...['1.02:30:00', '00:00:00.1234567', '10675199.02:48:05.4775807'].map((value) => ({
      fact: `EndJobRunTimeInterval ${value} is a time span`,
      details: { Schedule: { ...storedSchedule, EndJobRunConfigured: true, EndJobRunTimeInterval: value } },
      status: 204,
      becomes: { Schedule: { ...storedSchedule, EndJobRunConfigured: true, EndJobRunTimeInterval: value } },
    })),
    ...['24:00:00', '-01:00:00', '1', 'PT1H', 3600].map((value) => ({
      fact: `EndJobRunTimeInterval ${JSON.stringify(value)} is no time span`,
      details: { Schedule: { ...storedSchedule, EndJobRunTimeInterval: value } },
      status: 400,
      text: parseText,
    })),
  ],

  '7 Failures, in the order of the checks': [
    { fact: 'no token', caller: 'nobody', details: change, status: 401, text: unauthorizedText },
    {
      fact: 'an expired token',
      caller: 'somebody with an expired token',
      details: change,
      status: 401,
      text: unauthorizedText,
    },
    { fact: 'no token comes before malformed JSON', caller: 'nobody', body: '{', status: 401, text: unauthorizedText },
    ...['{', '', ' ', '{"JobID":', "{'JobID':1}", '{} {}', 'JobID=1', '\u0000', '[1,]', 'NaN'].map((body) => ({
      fact: `malformed JSON: ${JSON.stringify(body)}`,
      body,
      status: 400,
      text: parseText,
    })),
    { fact: 'a body that is not UTF-8', body: new Uint8Array([0x7b, 0xff, 0x7d]), status: 400, text: parseText },
    ...[[], 'text', 5, true].map((body) => ({
      fact: `a body that is no object: ${JSON.stringify(body)}`,
      body: JSON.stringify(body),
      status: 400,
      text: parseText,
    })),
    ...Object.entries({
      AssetsResolutionInfo: ['x', {}, [5], [null], [[]], [{ Id: 'x' }], [{ Id: 5 }], [{ Id: ids.asset, Type: 5 }]],
      JobName: [5, true, {}, [], 'a\u0000b', '\ud800'],
      JobDescription: [5, 'a\u0000b', '\udc00x'],
      Standards: ['x', ['x'], [5], [null], {}],
      IsIncremental: [1, 0, 'yes', '', {}],
      IncrementalPeriod: ['x', '', 1.5, '1.5', true, 2147483648, '2147483648', {}],
      CollectionOnlyTimeOutMins: [1e300, '0x10', ' '],
      ShouldSynchronizeResults: [1, 'on'],
      SuccessNotification: ['x', [], { Subject: 5 }, { Body: 'a\u0000b' }],
      Schedule: ['x', [], 5, { RunNow: 1 }, { RepeatDays: 'x' }, { RepeatDays: [] }],
    }).flatMap(([name, values]) =>
      values.map((value) => ({
        fact: `the wrong type: ${name} ${JSON.stringify(value)}`,
        details: { [name]: value },
        status: 400,
        text: parseText,
      })),
    ),
    {
      fact: 'every member of a wrong type is named',
      details: {
        IsIncremental: 'maybe',
        Standards: ['x', ids.standard, 7],
        Schedule: { RunNow: {}, RepeatDays: '7x' },
      },
      status: 400,
      text: parseText,
      says: [
        { Member: 'JobDetails.IsIncremental', Value: 'maybe', Allowed: 'true or false, bare or quoted' },
        {
          Member: 'JobDetails.Standards[0]',
          Value: 'x',
          Allowed: 'a GUID, such as 2a221e47-f38a-4a6b-af20-43d650e6d56b',
        },
        {
          Member: 'JobDetails.Standards[2]',
          Value: 7,
          Allowed: 'a GUID, such as 2a221e47-f38a-4a6b-af20-43d650e6d56b',
        },
        { Member: 'JobDetails.Schedule.RunNow', Value: 'an object', Allowed: 'true or false, bare or quoted' },
        { Member: 'JobDetails.Schedule.RepeatDays', Value: '7x', Allowed: 'a 32-bit integer, bare or quoted' },
      ],
    },
    { fact: 'a JobID that is no GUID', body: { JobID: '7', JobDetails: change }, status: 400, text: parseText },
    { fact: 'a JobID that is a number', body: { JobID: 7, JobDetails: change }, status: 400, text: parseText },
    {
      fact: 'a wrong type comes before a missing JobID',
      body: { JobDetails: { IsIncremental: 'maybe' } },
      status: 400,
      text: parseText,
    },
    {
      fact: 'no JobID',
      body: { JobDetails: change },
      status: 400,
      text: nullText,
      says: [{ Member: 'JobID', Value: null, Allowed: 'a value: it is mandatory' }],
    },
    { fact: 'a null JobID', body: { JobID: null, JobDetails: change }, status: 400, text: nullText },
    { fact: 'no JobDetails', body: { JobID: ids.job }, status: 400, text: nullText },
    { fact: 'null JobDetails', body: { JobID: ids.job, JobDetails: null }, status: 400, text: nullText },
    { fact: 'neither', body: {}, status: 400, text: nullText },
    { fact: 'null for a body', body: 'null', status: 400, text: nullText },
    {
      fact: 'a JobID inside of JobDetails is not the JobID',
      body: { JobDetails: { ...change, JobID: ids.job } },
      status: 400,
      text: nullText,
    },
    {
      fact: 'a missing member comes before an unknown job',
      body: { JobID: ids.nothing },
      status: 400,
      text: nullText,
    },
    {
      fact: 'an unknown job',
      body: { JobID: ids.nothing, JobDetails: change },
      status: 404,
      text: notFoundText(ids.nothing),
    },
    {
      fact: 'the GUID is repeated as it was sent',
      body: { JobID: ids.nothing.toUpperCase(), JobDetails: change },
      status: 404,
      text: notFoundText(ids.nothing.toUpperCase()),
    },
    {
      fact: 'an unknown job comes before a missing permission',
      caller: { without: 'Manage jobs' },
      body: { JobID: ids.nothing, JobDetails: change },
      status: 404,
      text: notFoundText(ids.nothing),
    },
    {
      fact: 'a missing permission comes before the type of job',
      caller: { without: 'Manage jobs' },
      type: 'ReportDataSynchronizationJob',
      details: change,
      status: 403,
      text: forbiddenText,
    },
    {
      fact: 'the type of job comes before a stale entity tag',
      type: 'ReportDataSynchronizationJob',
      headers: { 'if-match': '"99"' },
      details: change,
      status: 400,
      text: typeText('ReportDataSynchronizationJob'),
    },
    {
      fact: 'a stale entity tag comes before the name',
      headers: { 'if-match': '"99"' },
      details: { JobName: 'Taken' },
      status: 412,
      text: 'The job has been changed since; read it again and repeat the request.',
    },
    { fact: 'the name of another job', details: { JobName: 'Taken' }, status: 400, text: takenText('Taken') },
    { fact: 'in other letter case', details: { JobName: 'tAKEN' }, status: 400, text: takenText('tAKEN') },
    {
      fact: 'the name comes before ranges',
      details: { JobName: 'Taken', IncrementalPeriod: 5000 },
      status: 400,
      text: takenText('Taken'),
    },
    {
      fact: 'ranges come before missing notifications and what cannot be resolved',
      details: { IncrementalPeriod: 5000, ShouldSendSuccessNotification: true, Standards: [ids.nothing] },
      status: 400,
      text: parseText,
    },
  ],

  '8 Quirks': [
    {
      fact: 'the page’s template, which lacks a comma',
      body: `{"JobDetails":{"ShouldSynchronizeResults":"true" "Schedule":{}},"JobID":"${ids.job}"}`,
      status: 400,
      text: parseText,
    },
    ...['true', 'True', 'TRUE', ' true ', true].map((value) => ({
      fact: `${JSON.stringify(value)} is true`,
      details: { ShouldSynchronizeResults: value },
      status: 204,
      becomes: { ShouldSynchronizeResults: true },
    })),
    ...['false', 'False', false].map((value) => ({
      fact: `${JSON.stringify(value)} is false`,
      stored: { ShouldSynchronizeResults: true },
      details: { ShouldSynchronizeResults: value },
      status: 204,
      becomes: { ShouldSynchronizeResults: false },
    })),
    ...['50', ' 50', '+50', '050', 50, 50.0].map((value) => ({
      fact: `${JSON.stringify(value)} is fifty`,
      details: { CollectionOnlyTimeOutMins: value },
      status: 204,
      becomes: { CollectionOnlyTimeOutMins: 50 },
    })),
    {
      fact: 'GUIDs in capital letters',
      body: { JobID: ids.job.toUpperCase(), JobDetails: change },
      status: 204,
      becomes: change,
    },
    {
      fact: 'GUIDs in capital letters are the same GUIDs',
      details: {
        Standards: [ids.standard.toUpperCase()],
        AssetsResolutionInfo: [{ Id: ids.asset.toUpperCase(), Type: unix }],
      },
      status: 204,
    },
    {
      fact: 'member names in any letter case',
      body: {
        jobid: ids.job,
        JOBDETAILS: {
          jobdescription: 'changed',
          schedule: { ...storedSchedule, RepeatDays: undefined, repeatdays: 9 },
        },
      },
      status: 204,
      becomes: { JobDescription: 'changed', Schedule: { ...storedSchedule, RepeatDays: 9 } },
    },
    {
      fact: 'the last of several spellings counts',
      body: `{"JobID":"${ids.job}","JobDetails":{"JobDescription":"first","jobdescription":"second","JOBDESCRIPTION":"changed"}}`,
      status: 204,
      becomes: change,
    },
    {
      fact: 'the last of several equal members counts',
      body: `{"JobID":"${ids.nothing}","JobID":"${ids.job}","JobDetails":{"JobDescription":"first","JobDescription":"changed"}}`,
      status: 204,
      becomes: change,
    },
    {
      fact: 'a byte order mark',
      body: `\ufeff{"JobID":"${ids.job}","JobDetails":{"JobDescription":"changed"}}`,
      status: 204,
      becomes: change,
    },
    {
      fact: 'line breaks inside and after the object',
      body: `\r\n{"JobID":"${ids.job}",\r\n"JobDetails":{"JobDescription":"changed"}}\r\n`,
      status: 204,
      becomes: change,
    },
    {
      fact: 'unknown members are ignored, and named',
      body: {
        JobID: ids.job,
        Extra: 1,
        JobDetails: {
          JobDescription: 'changed',
          Größe: 1,
          Schedule: { ...storedSchedule, Colour: 'red' },
          AssetsResolutionInfo: [{ Id: ids.asset, Type: unix, Name: 'x' }],
        },
      },
      status: 204,
      becomes: change,
      replyHeaders: {
        'plumbline-ignored-members':
          'Extra, JobDetails.Gr%C3%B6%C3%9Fe, JobDetails.Schedule.Colour, JobDetails.AssetsResolutionInfo[0].Name',
      },
    },
    {
      fact: 'a member named __proto__ is an unknown member',
      body: `{"JobID":"${ids.job}","JobDetails":{"__proto__":{"JobDescription":"changed"},"constructor":{"prototype":{}}},"__proto__":{"x":1}}`,
      status: 204,
      replyHeaders: { 'plumbline-ignored-members': 'JobDetails.__proto__, JobDetails.constructor, __proto__' },
    },
    {
      fact: 'the name of an unknown member may be anything',
      body: `{"JobID":"${ids.job}","JobDetails":{"a\\u0000\\r\\nb: c":1,"\\ud800":2}}`,
      status: 204,
      replyHeaders: {
        'plumbline-ignored-members': 'JobDetails.a%EF%BF%BD%0D%0Ab%3A%20c, JobDetails.%EF%BF%BD',
      },
    },
    {
      fact: 'an unknown member may be nested as deep as the body is long',
      body: `{"JobID":"${ids.job}","JobDetails":{"JobDescription":"changed","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      status: 204,
      becomes: change,
      replyHeaders: { 'plumbline-ignored-members': 'JobDetails.x' },
    },
    {
      fact: 'a known member that is nested as deep is of the wrong type',
      body: `{"JobID":"${ids.job}","JobDetails":{"JobName":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      status: 400,
      text: parseText,
    },
  ],

  'What we add: host keys that nobody has approved': [
    ...['refuse', 'accept-new'].map((UnknownHostKeys) => ({
      fact: `${UnknownHostKeys} is stored and returned`,
      details: { UnknownHostKeys },
      status: 204,
      becomes: { UnknownHostKeys },
    })),
    {
      fact: 'an update that does not say it leaves it alone',
      stored: { UnknownHostKeys: 'accept-new' },
      ...accepted,
    },
    {
      fact: 'default goes back to the setting of the server, and is not shown',
      stored: { UnknownHostKeys: 'refuse' },
      details: { UnknownHostKeys: 'default' },
      status: 204,
      becomes: { UnknownHostKeys: undefined },
    },
    {
      fact: 'another word is refused',
      details: { UnknownHostKeys: 'ask' },
      status: 400,
      text: parseText,
      says: [{ Member: 'JobDetails.UnknownHostKeys', Value: 'ask', Allowed: 'default, refuse, accept-new' }],
    },
  ],

  'What we add: scripts of content': [
    {
      fact: 'refuse is stored and returned',
      details: { Scripts: 'refuse' },
      status: 204,
      becomes: { Scripts: 'refuse' },
    },
    {
      fact: 'default goes back to the leave of each standard, and is not shown',
      stored: { Scripts: 'refuse' },
      details: { Scripts: 'default' },
      status: 204,
      becomes: { Scripts: undefined },
    },
    {
      fact: 'a job gives no leave',
      details: { Scripts: 'allow' },
      status: 400,
      text: parseText,
      says: [{ Member: 'JobDetails.Scripts', Value: 'allow', Allowed: 'default, refuse' }],
    },
  ],

  'What we add: entity tags': [
    { fact: 'the tag of the stored job', headers: { 'if-match': '"1"' }, ...accepted, replyHeaders: { etag: '"2"' } },
    { fact: 'one of several tags', headers: { 'if-match': '"7", "1"' }, ...accepted },
    { fact: 'any job', headers: { 'if-match': '*' }, ...accepted },
    ...['"2"', 'W/"1"', '1', '""', 'x'].map((tag) => ({
      fact: `a stale tag: ${tag}`,
      headers: { 'if-match': tag },
      details: change,
      status: 412,
      text: 'The job has been changed since; read it again and repeat the request.',
    })),
    {
      fact: 'an update that changes nothing leaves the tag as it was',
      details: {},
      status: 204,
      replyHeaders: { etag: '"1"' },
    },
  ],
}
