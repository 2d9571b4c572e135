import type { Answer } from '../running-server.ts'
import type { SteppedClock } from './clock.ts'
import { benchmarkXml } from './content.ts'
import { absent, isPresent } from './ledger.ts'
import type { Kind, Ledger, State, Thing } from './ledger.ts'
import type { Random } from './random.ts'

/** Where requests go to. */
export interface Servers {
  /** Until one is up. */
  answering(): Promise<void>
  /** To one that is up; throws when it dies before it answers. */
  send(method: string, path: string, body?: unknown): Promise<Answer>
}

/** What every job of the clients works on. */
export interface World {
  readonly assetIds: readonly string[]
  readonly standardIds: readonly string[]
  /** The latest that the one occurrence of a new job comes. */
  readonly dueInSeconds: number
  /** The database's. */
  readonly clock: SteppedClock
  readonly mail: { readonly ToEmailAddress: string; readonly FromEmailAddress: string }
}

export const unixMachine = 'symc-csm-AssetSystem-Asset-Unix-Machine'
const mostOfAKind = 8
const jobTypes = ['CollectionEvaluationJob', 'CollectionEvaluationJob', 'DataCollectionJob', 'EvaluationJob']

/**
 * Writes of every kind, one after another, and keeps the ledger. Each client touches only what it made itself, so that
 * it knows what must be there.
 */
export class Client {
  readonly #name: string
  readonly #servers: Servers
  readonly #world: World
  readonly #ledger: Ledger
  readonly #random: Random
  #number = 0

  constructor(name: string, servers: Servers, world: World, ledger: Ledger, random: Random) {
    this.#name = name
    this.#servers = servers
    this.#world = world
    this.#ledger = ledger
    this.#random = random
  }

  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#servers.answering()
      await this.#step()
      await new Promise((resolve) => setTimeout(resolve, this.#random.between(5, 80)))
    }
  }

  async #step(): Promise<void> {
    const roll = this.#random.next()
    if (roll < 0.3) return this.#updateJob()
    if (roll < 0.45) return this.#execute()
    if (roll < 0.5) return this.#abort()
    if (roll < 0.6) return this.#createOrDeleteJob()
    if (roll < 0.68) return this.#scheduleOnce()
    if (roll < 0.76) return this.#createOrDelete('asset')
    if (roll < 0.84) return this.#group()
    if (roll < 0.89) return this.#user()
    if (roll < 0.94) return this.#createOrDelete('credential')
    if (roll < 0.97) return this.#createOrDelete('folder')
    return this.#createOrDelete('content')
  }

  #newName(): string {
    this.#number += 1
    return `${this.#name}-${this.#number}`
  }

  /** Things of this client that are there for sure. */
  #mine(kind: Kind): Thing[] {
    return this.#ledger.things.filter(
      (thing) => thing.kind === kind && thing.name.startsWith(`${this.#name}-`) && isPresent(thing),
    )
  }

  /** One write: tells the ledger before and after. Undefined when no answer came. */
  async #write(
    thing: Thing,
    state: State,
    action: string,
    request: readonly [method: string, path: string, body?: unknown],
  ): Promise<Answer | undefined> {
    const before = thing.possible
    this.#ledger.expect(thing, state)
    const answer = await this.#attempt(request)
    if (answer === undefined) return undefined
    if (answer.status < 300) this.#ledger.acknowledge(thing, state, action)
    else this.#ledger.refused(thing, before)
    return answer
  }

  /** No answer, or a 5xx, leaves open what was done. */
  async #attempt([method, path, body]: readonly [string, string, unknown?]): Promise<Answer | undefined> {
    try {
      const answer = await this.#servers.send(method, path, body)
      if (answer.status < 500) {
        const expected = answer.status < 300 || answer.status === 400
        if (!expected) this.#ledger.surprises.push(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`)
        return answer
      }
    } catch {
      // Killed before it answered, or nobody there.
    }
    this.#ledger.unanswered += 1
    return undefined
  }

  #jobDetails(name: string): object {
    const { assetIds, standardIds, mail } = this.#world
    const notification = { ...mail, Subject: name, Body: 'It has ended.' }
    return {
      JobName: name,
      JobDescription: 'version 0',
      IncrementalPeriod: 1,
      // An asset has one session at a time: one that never answers holds each of its runs for seconds, one after another.
      AssetsResolutionInfo: assetIds
        .filter((_, index) => index === 0 || this.#random.next() < 0.1)
        .map((Id) => ({ Id, Type: unixMachine })),
      Standards: [this.#random.pick(standardIds)],
      ShouldSendSuccessNotification: true,
      ShouldSendFailureNotification: true,
      SuccessNotification: notification,
      FailureNotification: notification,
      ShouldSynchronizeResults: this.#random.next() < 0.3,
    }
  }

  async #createJob(thing: Thing, schedule: object): Promise<void> {
    const JobType = this.#random.pick(jobTypes)
    const JobDetails = { ...this.#jobDetails(thing.name), ...schedule }
    const answer = await this.#write(thing, 'version 0', 'job.create', [
      'POST',
      '/ccs/api/v1/jobs',
      { JobType, JobDetails },
    ])
    if (answer?.status === 201) thing.id = (answer.body as { JobID: string }).JobID
  }

  async #createOrDeleteJob(): Promise<void> {
    const mine = this.#mine('job').filter(({ dueAt }) => dueAt === undefined)
    if (mine.length < mostOfAKind) {
      return this.#createJob(this.#ledger.add({ kind: 'job', name: this.#newName() }), {})
    }
    const job = this.#random.pick(mine)
    if (job === undefined) return
    await this.#write(job, absent, 'job.delete', ['DELETE', `/ccs/api/v1/jobs?jobid=${job.id}`])
  }

  /** A job with one occurrence, soon; nothing else ever runs it. */
  async #scheduleOnce(): Promise<void> {
    const { clock } = this.#world
    const { steps } = clock
    const dueAt = new Date(
      Math.ceil(clock.now / 1000 + this.#random.between(4, this.#world.dueInSeconds)) * 1000,
    ).toISOString()
    const schedule = {
      RunPeriodically: true,
      RunOnce: true,
      RunNow: false,
      StartDate: dueAt,
    }
    const job = this.#ledger.add({ kind: 'job', name: this.#newName(), dueAt })
    await this.#createJob(job, { Schedule: schedule })
    job.wasInTime = job.id !== undefined && clock.steps === steps && clock.now < Date.parse(dueAt)
  }

  async #updateJob(): Promise<void> {
    const job = this.#random.pick(this.#mine('job'))
    if (job === undefined) return
    this.#number += 1
    const JobDetails = { JobDescription: `version ${this.#number}`, IncrementalPeriod: (this.#number % 1000) + 1 }
    await this.#write(job, `version ${this.#number}`, 'job.update', [
      'PATCH',
      '/ccs/api/v1/jobs/',
      { JobID: job.id, JobDetails },
    ])
  }

  async #execute(): Promise<void> {
    const job = this.#random.pick(this.#mine('job').filter(({ dueAt }) => dueAt === undefined))
    if (job === undefined) return
    const answer = await this.#attempt(['POST', `/ccs/api/v1/jobs/${job.id}`, { Operation: 'execute' }])
    if (answer?.status !== 200) return
    this.#ledger.count('job.execute')
    const { JobRunID: runId } = answer.body as { JobRunID: string }
    this.#ledger.runs.push({ runId, job, aborted: false })
  }

  async #abort(): Promise<void> {
    const recent = this.#ledger.runs.filter(({ job, aborted }) => !aborted && isPresent(job)).slice(-6)
    const run = this.#random.pick(recent.filter(({ job }) => job.name.startsWith(`${this.#name}-`)))
    if (run === undefined) return
    const answer = await this.#attempt(['POST', `/ccs/api/v1/jobs/${run.runId}`, { Operation: 'abort' }])
    if (answer?.status !== 200) return
    this.#ledger.count('job-run.abort')
    run.aborted = true
  }

  async #group(): Promise<void> {
    const mine = this.#mine('group')
    const group = this.#random.pick(mine)
    if (group === undefined || (mine.length < mostOfAKind && this.#random.next() < 0.4)) {
      return this.#createOrDelete('group')
    }
    const assets = this.#world.assetIds.slice(0, Math.floor(this.#random.between(0, 3)))
    await this.#write(group, `members ${assets.length}`, 'asset-group.members', [
      'PUT',
      `/api/v1/asset-groups/${group.id}/members`,
      { assets },
    ])
  }

  async #user(): Promise<void> {
    const mine = this.#mine('user')
    const user = this.#random.pick(mine)
    if (user === undefined || mine.length < mostOfAKind) return this.#createOrDelete('user')
    const disabled = this.#random.next() < 0.5
    await this.#write(user, disabled ? 'disabled' : 'enabled', 'user.change', [
      'PATCH',
      `/api/v1/users/${user.name}`,
      { disabled },
    ])
  }

  async #createOrDelete(kind: Exclude<Kind, 'job'>): Promise<void> {
    const { create, state, path, body, remove } = requests[kind]
    const mine = this.#mine(kind)
    const thing = this.#random.pick(mine)
    if (thing !== undefined && remove !== undefined && mine.length >= mostOfAKind) {
      await this.#write(thing, absent, `${create.split('.')[0]}.delete`, remove(thing.id ?? ''))
      return
    }
    const made = this.#ledger.add({ kind, name: this.#newName() })
    const answer = await this.#write(made, state, create, ['POST', path(made.name), body(made.name)])
    if (answer?.status === 201) made.id = idOf(answer.body) ?? made.name
  }
}

function idOf(body: unknown): string | undefined {
  const one = (Array.isArray(body) ? body[0] : body) as Readonly<Record<string, unknown>>
  const id = one['Id'] ?? one['id'] ?? one['digest']
  return typeof id === 'string' ? id : undefined
}

/** How each kind of thing is made and taken away. */
const requests: Readonly<
  Record<
    Exclude<Kind, 'job'>,
    {
      readonly create: string
      readonly state: State
      readonly path: (name: string) => string
      readonly body: (name: string) => unknown
      readonly remove?: (id: string) => readonly [string, string, unknown?]
    }
  >
> = {
  asset: {
    create: 'asset.create',
    state: 'present',
    path: () => '/ccs/api/v1/assets',
    body: (name) => [
      { Type: unixMachine, [`${unixMachine}-HostMachine`]: name, [`${unixMachine}-IPAddress`]: '127.0.0.1' },
    ],
    remove: (id) => ['DELETE', '/ccs/api/v1/assets', [id]],
  },
  group: {
    create: 'asset-group.add',
    state: 'members 0',
    path: () => '/api/v1/asset-groups',
    body: (name) => ({ name, assets: [] }),
    remove: (id) => ['DELETE', `/api/v1/asset-groups/${id}`],
  },
  user: {
    create: 'user.add',
    state: 'enabled',
    path: () => '/api/v1/users',
    body: (name) => ({ name, password: 'a long enough password', roles: ['Assets Viewer'] }),
  },
  credential: {
    create: 'credential.add',
    state: 'present',
    path: () => '/api/v1/credentials',
    body: (name) => ({ name, user: 'root', password: 'secret' }),
    remove: (id) => ['DELETE', `/api/v1/credentials/${id}`],
  },
  folder: {
    create: 'folder.add',
    state: 'present',
    path: () => '/api/v1/folders',
    body: (name) => ({ path: `Asset System\\Assets\\${name}` }),
  },
  content: {
    create: 'content.import',
    state: 'present',
    path: (name) => `/api/v1/contents?name=${name}-xccdf.xml`,
    body: (name) => benchmarkXml(name),
  },
}
