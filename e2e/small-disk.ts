import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own, in memory, that can be made full and have space again. Only root may mount one. */
export class SmallDisk {
  readonly folder: string
  readonly #megabytes: number

  private constructor(folder: string, megabytes: number) {
    this.folder = folder
    this.#megabytes = megabytes
  }

  /** Undefined where it may not be mounted; in CI it must be. */
  static mount(megabytes: number): SmallDisk | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-disk-'))
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
    if (status === 0) return new SmallDisk(folder, megabytes)
    rmSync(folder, { recursive: true })
    assert.notEqual(process.env['CI'], 'true', `no small disk: ${String(stderr)}`)
    return undefined
  }

  /** All but so many bytes. */
  fill(leftBytes: number): void {
    const resize = (): string => {
      const { bsize, blocks, bfree } = statfsSync(this.folder)
      return this.#resize(`${(blocks - bfree) * bsize + leftBytes}`)
    }
    // It cannot be made smaller than what is on it, and somebody may be writing just now.
    let problem = resize()
    for (let tries = 1; problem !== '' && tries < 100; tries += 1) problem = resize()
    assert.equal(problem, '')
  }

  free(): void {
    assert.equal(this.#resize(`${this.#megabytes}m`), '')
  }

  remove(): void {
    spawnSync('umount', ['-l', this.folder])
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** What is wrong with it; empty when it was done. */
  #resize(size: string): string {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,size=${size}`, this.folder])
    return status === 0 ? '' : String(stderr)
  }
}
