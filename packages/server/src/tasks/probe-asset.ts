import type { LookupAddress } from 'node:dns'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { lookUpAside, TransportError } from '@plumbline/collect'
import type { Session } from '@plumbline/collect'
import type { Database } from '../db/database.ts'
import { findAssetToReach } from '../store/run-inputs.ts'
import { readFacts } from './asset-facts.ts'
import { asCollectionFailure } from './collection-failure.ts'
import { describeCoverage, measureCoverage } from './coverage-of-standard.ts'
import type { Coverage } from './coverage-of-standard.ts'
import type { StandardLibrary } from './standards.ts'
import type { OpenSession } from './task-context.ts'

/** One step on the way to an asset. */
export interface ProbeStep {
  readonly step: 'connect' | 'coverage' | 'elevation' | 'log in' | 'name' | 'ssh' | 'system' | 'tools'
  readonly ok: boolean
  /** What was found, or what failed and what to do. */
  readonly text: string
  readonly milliseconds: number
}

export interface Probe {
  readonly steps: readonly ProbeStep[]
  /** Undefined when no standard was asked about, or the way did not lead so far. */
  readonly coverage?: Coverage
}

export interface ProbeRequest {
  readonly assetId: string
  /** A standard of which is told how many rules could be decided. */
  readonly standardId?: string | undefined
}

/** Goes the way that a collection goes, step by step, as far as it comes; undefined when there is no such asset. */
export type ProbeAsset = (request: ProbeRequest, signal: AbortSignal) => Promise<Probe | undefined>

/** Programs of whose output items are made; without one its test types give errors, not passes. */
const tools = ['dpkg-query', 'rpm', 'systemctl', 'sysctl', 'ip', 'getent', 'getcap', 'getfattr', 'gzip']
const connectLimitMs = 10_000
const resolveLimitMs = 10_000

export interface ProbeContext {
  readonly database: Database
  readonly openSession: OpenSession
  readonly standards: StandardLibrary
}

export function assetProbe({ database, openSession, standards }: ProbeContext): ProbeAsset {
  return async ({ assetId, standardId }, signal) => {
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
        lost ||= error instanceof TransportError && error.endsSession
        return done(false, messageOf(error))
      }
    }
    let lost = false
    const { address } = asset
    if (address.transport === 'ssh') {
      // What lies behind a jump host can be looked at from there alone, which is what the login does.
      const [jump] = address.jumps ?? []
      const { host, port } = jump ?? address
      let banner: Promise<string> | undefined
      if (!(await take('name', () => resolveName(host, signal)))) return { steps }
      const reached = await take('connect', async () => {
        const open = await reach(host, port, signal)
        banner = open.banner
        banner.catch(() => undefined)
        return `${jump === undefined ? '' : 'the jump host '}${host} port ${port} takes connections`
      })
      if (!reached || !(await take('ssh', async () => (await banner) ?? ''))) return { steps }
    }
    let session: Session | undefined
    const logIn = async (): Promise<string> => {
      session = await openSession({ id: assetId, ...asset }, signal)
      return address.transport === 'local' ? 'this machine itself' : 'its host key is approved, the credential accepted'
    }
    if (!(await take('log in', logIn)) || session === undefined) return { steps }
    const open = session
    let coverage: Coverage | undefined
    try {
      // Not to be root is said, and goes on; without a shell there is nowhere to go.
      await take('elevation', () => elevation(open))
      if (!lost) await take('system', () => system(open))
      if (!lost) await take('tools', () => findTools(open))
      if (!lost && standardId !== undefined) {
        await take('coverage', async () => {
          coverage = await measureCoverage({ database, standards }, open, standardId, signal)
          return describeCoverage(coverage)
        })
      }
    } finally {
      await open.close()
    }
    return { steps, ...(coverage === undefined ? {} : { coverage }) }
  }
}

function messageOf(error: unknown): string {
  if (error instanceof ProbeFailure) return error.message
  const { reason, message } = asCollectionFailure(error)
  return `${message} (${reason})`
}

class ProbeFailure extends Error {}

/** The addresses of a name, as a session looks it up. The system's own limits differ, and may be minutes. */
export async function resolveName(host: string, signal: AbortSignal, limitMs = resolveLimitMs): Promise<string> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
  const givenUp = Promise.withResolvers<never>()
  const giveUp = (): void => givenUp.reject(ended.reason)
  ended.addEventListener('abort', giveUp, { once: true })
  try {
    const lookUp = promisify(lookUpAside(ended)) as (name: string, options: object) => Promise<LookupAddress[]>
    const found = await Promise.race([lookUp(host, { all: true }), givenUp.promise])
    return found.map(({ address }) => address).join(', ')
  } catch (error) {
    signal.throwIfAborted()
    const why = describeLookUp(error as NodeJS.ErrnoException)
    throw new ProbeFailure(
      ended.aborted
        ? `nobody says within ${limitMs / 1000} s which address ${host} has; check the name servers of this machine, or create the asset with an address`
        : `the name ${host} ${why}, or create the asset with an address`,
    )
  } finally {
    ended.removeEventListener('abort', giveUp)
  }
}

const describeLookUp = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOTFOUND' || code === 'EAI_AGAIN'
    ? 'is not known here; check it'
    : `was not looked up (${message}); see what this machine lacks`

/** A connection that is only looked at; what the server says first comes with it. */
function reach(host: string, port: number, signal: AbortSignal): Promise<{ readonly banner: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal, timeout: connectLimitMs })
    const banner = Promise.withResolvers<string>()
    banner.promise.catch(() => undefined)
    const place = `${host} port ${port}`
    const fail = (why: string): void => {
      socket.destroy()
      reject(new ProbeFailure(`cannot connect to ${place}: ${why}`))
      banner.reject(new ProbeFailure(`what listens at ${place} does not speak SSH: ${why}`))
    }
    let said = ''
    socket.on('connect', () => resolve({ banner: banner.promise }))
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1')
      const line = /^SSH-2\.0-([\x20-\x7e]{1,200})/m.exec(said)?.[1]
      if (line !== undefined) banner.resolve(line)
      if (line !== undefined || said.length > 4096) fail('it says something else')
    })
    socket.on('end', () => fail('it ends the connection'))
    socket.on('timeout', () => fail(`no answer within ${connectLimitMs / 1000} s; check route and firewall`))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ECONNREFUSED' ? 'nothing listens there; check the port' : error.message),
    )
  })
}

async function elevation(session: Session): Promise<string> {
  const { stdout } = await session.run(['id', '-u'])
  const id = new TextDecoder().decode(stdout).trim()
  if (id === '0') return 'reads as root'
  if (session.asksSudoForCommands === true)
    return `reads as the user with the ID ${id}, and what only root may read by the single commands that sudo allows`
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
