import { sql } from 'kysely'
import { openDatabase } from '../../packages/server/src/db/database.ts'
import type { SteppedClock } from './clock.ts'
import type { SmallDisk } from '../small-disk.ts'
import type { Deployment } from './deployment.ts'
import type { MailServer } from './mail-server.ts'
import type { PostgresCluster } from './postgres.ts'
import type { Random } from './random.ts'

const hour = 3600

const oldMailLimitMs = 60_000

/** What keeps the data: a PostgreSQL cluster, or the disk of an embedded database where that can be made full. */
export interface Store {
  readonly cluster?: PostgresCluster | undefined
  readonly disk?: SmallDisk | undefined
}

/** What goes wrong, and when; a seed decides both. */
export class Faults {
  kills = 0
  crashes = 0
  cuts = 0
  fullDisks = 0
  readonly #deployment: Deployment
  readonly #store: Store
  readonly #clocks: readonly SteppedClock[]
  readonly #random: Random

  /** The clocks are those of the database and, where that is another, of the processes; none when they cannot be stepped. */
  constructor(deployment: Deployment, store: Store, clocks: readonly SteppedClock[], random: Random) {
    this.#deployment = deployment
    this.#store = store
    this.#clocks = clocks
    this.#random = random
  }

  async strike(): Promise<void> {
    const { cluster, disk } = this.#store
    const roll = this.#random.next()
    if (cluster !== undefined && roll < 0.04) return this.#crashDatabase(cluster)
    if (cluster !== undefined && roll < 0.12) return this.#cutConnections(cluster)
    if (disk !== undefined && roll < 0.08) return this.#fillDisk(disk)
    if (roll < 0.2) return this.#killAll()
    if (roll < 0.28) return this.#stepClocks()
    // Now and then while somebody starts; else when there has been time to do something.
    if (roll < 0.42) return this.kill(50, 4000)
    await this.#deployment.answering()
    await this.kill(100, 3000)
  }

  /** Somebody, after a while. */
  async kill(leastMs: number, mostMs: number): Promise<void> {
    await this.#wait(leastMs, mostMs)
    const victim = this.#random.pick(this.#deployment.processes)
    if (victim === undefined) return
    await victim.kill()
    this.kills += 1
  }

  async #killAll(): Promise<void> {
    await this.#deployment.answering()
    await this.#wait(100, 3000)
    const victims = this.#deployment.processes
    await Promise.all(victims.map((victim) => victim.kill()))
    this.kills += victims.length
  }

  /** One of them or all: they may differ for a while, as those of two machines do. */
  async #stepClocks(): Promise<void> {
    await this.#deployment.answering()
    await this.#wait(100, 3000)
    const one = this.#random.pick([...this.#clocks, undefined])
    const offset = this.#random.pick(
      [0, 2 * hour, -2 * hour].filter((seconds) => seconds !== this.#clocks[0]?.offsetSeconds),
    )
    for (const clock of one === undefined ? this.#clocks : [one]) clock.set(offset ?? 0)
  }

  /**
   * The mail server is away for half of an hour and refuses for the other, while runs go on and end, and somebody is
   * killed; then it is back. The hour, and another until whatever was put off is due, are the clock's. It is right before,
   * and again afterwards.
   */
  async loseMail(mail: MailServer, isShort: boolean): Promise<void> {
    if (this.#clocks.length === 0) return
    const parts = isShort ? 2 : 6
    this.#setAll(0)
    await mail.end()
    for (let part = 1; part <= parts; part += 1) {
      if (part === parts / 2 + 1) {
        await this.kill(0, 1000)
        mail.refusing = true
        await mail.begin()
      }
      await this.#deployment.answering()
      // Jobs come due, and mails that were put off.
      this.#setAll((part * hour) / parts)
      // Time for a run, and for a try of each mail, which a worker looks for every five seconds.
      await this.#wait(6000, isShort ? 7000 : 12_000)
    }
    for (let seconds = 0; mail.refused === 0 && seconds < 90; seconds += 1) await this.#wait(1000, 1000)
    mail.refusing = false
    // A try that is being refused is put off by the clock of now: by that of an hour later it would wait its time from then.
    await this.#wait(5000, 5000)
    this.#setAll(2 * hour)
    await this.#oldMailSent()
    this.#setAll(0)
    // Time for a dispatcher to notice, while clients go on.
    await this.#wait(5000, 7000)
  }

  /** What had been put off is told apart by its age. */
  async #oldMailSent(): Promise<void> {
    for (const end = Date.now() + oldMailLimitMs; Date.now() < end;) {
      const { text } = await this.#deployment.send('GET', '/metrics')
      const oldest = /^plumbline_mail_oldest_seconds (\S+)$/m.exec(text)?.[1]
      if (oldest !== undefined && Number(oldest) < hour / 2) return
      await this.#wait(200, 200)
    }
    // The count at the end names each mail that is missing.
  }

  #setAll(offsetSeconds: number): void {
    for (const clock of this.#clocks) clock.set(offsetSeconds)
  }

  async #crashDatabase(cluster: PostgresCluster): Promise<void> {
    await this.#deployment.answering()
    await this.#wait(100, 3000)
    this.#deployment.trouble = 'database'
    await cluster.crash()
    await this.#wait(0, 2000)
    await cluster.begin()
    this.crashes += 1
    await this.#wait(1000, 4000)
    this.#deployment.trouble = undefined
  }

  async #cutConnections({ url }: PostgresCluster): Promise<void> {
    await this.#deployment.answering()
    await this.#wait(100, 3000)
    const database = await openDatabase<object>({ url, maxConnections: 1 })
    const share = this.#random.between(0.2, 1.2)
    this.#deployment.trouble = 'database'
    const { rows } = await sql<{ cut: boolean }>`
      select pg_terminate_backend(pid) as cut from pg_stat_activity
      where pid <> pg_backend_pid() and backend_type = 'client backend' and random() < ${share}`.execute(
      database.kysely,
    )
    await database.close()
    this.cuts += rows.length
    await this.#wait(500, 1500)
    this.#deployment.trouble = undefined
  }

  /** Somebody may be killed meanwhile, and cannot start then. */
  async #fillDisk(disk: SmallDisk): Promise<void> {
    await this.#deployment.answering()
    await this.#wait(100, 3000)
    this.#deployment.trouble = 'disk'
    disk.fill(Math.round(this.#random.between(0, 2 ** 20)))
    this.fullDisks += 1
    await this.#wait(500, 4000)
    if (this.#random.next() < 0.3) await this.kill(0, 500)
    await this.#wait(0, 2000)
    disk.free()
    this.#deployment.trouble = undefined
  }

  #wait(leastMs: number, mostMs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#random.between(leastMs, mostMs)))
  }
}
