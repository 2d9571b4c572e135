import { chmodSync, existsSync, globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The clock of processes that are started with `environment`: the machine's, which libfaketime puts ahead or back at will,
 * as an operator or a time service does. Timers run on as they do then: they go by the monotonic clock.
 */
export class SteppedClock {
  readonly environment: Readonly<Record<string, string>>
  readonly #folder = mkdtempSync(join(tmpdir(), 'plumbline-clock-'))
  #offsetSeconds = 0
  steps = 0

  constructor() {
    // Whatever account reads it.
    chmodSync(this.#folder, 0o755)
    this.#write()
    this.environment =
      SteppedClock.library === undefined
        ? {}
        : {
            LD_PRELOAD: SteppedClock.library,
            FAKETIME_TIMESTAMP_FILE: this.#file,
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
            FAKETIME_NO_CACHE: '1',
          }
  }

  /** Undefined where libfaketime is not installed: the clock cannot be stepped then. */
  static get library(): string | undefined {
    return globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]
  }

  get now(): number {
    return Date.now() + this.#offsetSeconds * 1000
  }

  get offsetSeconds(): number {
    return this.#offsetSeconds
  }

  /** To so much ahead of the machine's clock, or behind it. */
  set(offsetSeconds: number): void {
    if (offsetSeconds === this.#offsetSeconds) return
    this.#offsetSeconds = offsetSeconds
    this.steps += 1
    this.#write()
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The library leaves these behind when its process is killed. */
  static clean(pid: number | undefined): void {
    for (const name of ['faketime_shm_', 'sem.faketime_sem_']) {
      const file = `/dev/shm/${name}${pid}`
      if (existsSync(file)) rmSync(file, { force: true })
    }
  }

  get #file(): string {
    return join(this.#folder, 'clock')
  }

  /** At one stroke: who reads half of it would have the machine's clock. */
  #write(): void {
    const sign = this.#offsetSeconds < 0 ? '' : '+'
    writeFileSync(`${this.#file}.new`, `${sign}${this.#offsetSeconds}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }
}
