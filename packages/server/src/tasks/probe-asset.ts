import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import type { Session } from '@plumbline/collect'
import type { Database } from '../db/database.ts'
import { findAssetToReach } from '../store/run-inputs.ts'
import { readFacts } from './asset-facts.ts'
import { asCollectionFailure } from './collection-failure.ts'
import type { OpenSession } from './task-context.ts'

/** One step on the way to an asset. */
export interface ProbeStep {
  readonly step: 'account' | 'connect' | 'log in' | 'name' | 'system' | 'tools'
  readonly ok: boolean
  /** What was found, or what failed and what to do. */
  readonly text: string
  readonly milliseconds: number
}

/** Goes the way that a collection goes, step by step, as far as it comes; undefined when there is no such asset. */
export type ProbeAsset = (assetId: string, signal: AbortSignal) => Promise<readonly ProbeStep[] | undefined>

/** Programs of whose output items are made; without one its test types give errors, not passes. */
const tools = ['dpkg-query', 'rpm', 'systemctl', 'sysctl', 'ip', 'getent', 'getcap', 'getfattr', 'gzip']
const connectLimitMs = 10_000

export function assetProbe({ database, openSession }: { database: Database; openSession: OpenSession }): ProbeAsset {
  return async (assetId, signal) => {
    const asset = await findAssetToReach(database.kysely, assetId)
    if (asset === undefined) return undefined
    const steps: ProbeStep[] = []
    const take = async (step: ProbeStep['step'], act: () => Promise<string>): Promise<boolean> => {
      const began = performance.now()
      const done = (ok: boolean, text: string): boolean => {
        steps.push({ step, ok, text, milliseconds: Math.round(performance.now() - began) })
        return ok
      }
      try {
        return done(true, await act())
      } catch (error) {
        return done(false, messageOf(error))
      }
    }
    const { address } = asset
    if (address.transport === 'ssh') {
      const { host, port } = address
      if (!(await take('name', () => resolveName(host)))) return steps
      if (!(await take('connect', () => reach(host, port, signal)))) return steps
    }
    let session: Session | undefined
    const logIn = async (): Promise<string> => {
      session = await openSession({ id: assetId, ...asset }, signal)
      return address.transport === 'local'
        ? 'this machine itself'
        : 'logged in, with the rights that the credential asks for'
    }
    if (!(await take('log in', logIn)) || session === undefined) return steps
    const open = session
    try {
      await take('account', () => account(open))
      await take('system', () => system(open))
      await take('tools', () => findTools(open))
    } finally {
      await open.close()
    }
    return steps
  }
}

function messageOf(error: unknown): string {
  if (error instanceof ProbeFailure) return error.message
  const { reason, message } = asCollectionFailure(error)
  return `${message} (${reason})`
}

class ProbeFailure extends Error {}

async function resolveName(host: string): Promise<string> {
  try {
    const found = await lookup(host, { all: true })
    return found.map(({ address }) => address).join(', ')
  } catch {
    throw new ProbeFailure(`the name ${host} is not known here; check it, or create the asset with an address`)
  }
}

function reach(host: string, port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal, timeout: connectLimitMs })
    const fail = (why: string): void => {
      socket.destroy()
      reject(new ProbeFailure(`cannot connect to ${host} port ${port}: ${why}`))
    }
    socket.on('connect', () => {
      socket.destroy()
      resolve(`${host} port ${port} takes connections`)
    })
    socket.on('timeout', () => fail(`no answer within ${connectLimitMs / 1000} s; check route and firewall`))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ECONNREFUSED' ? 'nothing listens there; check the port' : error.message),
    )
  })
}

async function account(session: Session): Promise<string> {
  const { stdout } = await session.run(['id', '-u'])
  const id = new TextDecoder().decode(stdout).trim()
  if (id === '0') return 'reads as root'
  throw new ProbeFailure(
    `reads as the user with the ID ${id}: what only root may read will be an error; let the credential use sudo`,
  )
}

async function system(session: Session): Promise<string> {
  const facts = Object.entries(await readFacts(session))
  const of = (name: string): string => String(facts.find(([id]) => id.endsWith(`-${name}`))?.[1] ?? 'unknown')
  return `${of('OSDistributionField')}, ${of('OSSystem')} ${of('KERNELVERSION')}`
}

async function findTools(session: Session): Promise<string> {
  const script = `for tool in ${tools.join(' ')}; do command -v "$tool" >/dev/null 2>&1 && echo "$tool"; done; :`
  const { stdout } = await session.run(['sh', '-c', script])
  const found = new Set(new TextDecoder().decode(stdout).split('\n'))
  const missing = tools.filter((tool) => !found.has(tool))
  const there = tools.filter((tool) => found.has(tool)).join(', ')
  return missing.length === 0 ? there : `${there}; not there: ${missing.join(', ')}`
}
