import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { evaluateBenchmark } from '../xccdf/evaluate.ts'
import { planCollection } from '../xccdf/check-plan.ts'
import { resolveProfile } from '../xccdf/resolve.ts'
import { assembleContent } from '../bundle/read-content.ts'
import { sourceDocument } from '../bundle/source-document.ts'
import { createEvaluation } from '../oval/evaluate/evaluation.ts'
import { reachableObjects } from '../oval/dependencies.ts'
import type { CollectedObject, SystemCharacteristics } from '../oval/model/system-characteristics.ts'
import type { Item, ItemEntity } from '../oval/model/item.ts'
import type { ResolvedObject } from '../oval/model/resolved-object.ts'
import { readXml } from '../xml/read.ts'
import type { ReportInput } from './input.ts'

const bundled = join(
  import.meta.dirname,
  '../../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml',
)
const published = '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'

/** The bundled standard, and Debian's where it is installed: file and a profile of it. */
export const streams: readonly (readonly [path: string, profile: string])[] = [
  [bundled, 'strict'],
  ...(existsSync(published) ? [[published, 'anssi_np_nt28_high'] as const] : []),
]

/** A profile evaluated on made-up evidence that gives every kind of verdict, the same each time. */
export function exampleInput(path: string, profileId: string): ReportInput {
  const file = { name: basename(path), data: withoutOwnPlatform(readFileSync(path)) }
  const root = readXml(file.data, file.name)
  const [content] = assembleContent(root, file).benchmarks
  if (content === undefined) throw new Error(`${path} has no benchmark`)
  const profile = resolveProfile(content.benchmark, profileId)
  const result = evaluateBenchmark(content, profile, inventEvidence(planCollection(content, profile)), {
    now: new Date('2026-02-03T04:05:06Z'),
  })
  return {
    content,
    result,
    source: sourceDocument(root, 0, undefined, file.data),
    run: {
      target: system,
      startTime: new Date('2026-02-03T04:05:00Z'),
      endTime: new Date('2026-02-03T04:05:06Z'),
      identity: { name: 'root', privileged: true },
    },
  }
}

/** A benchmark for another release than the made-up machine applies to it all the same. */
const withoutOwnPlatform = (data: Uint8Array): Uint8Array =>
  Buffer.from(
    Buffer.from(data)
      .toString('utf8')
      .replace(/<(\S*?)platform idref="cpe:\/o:[^"]*"\/>/g, ''),
  )

const system = {
  osName: 'Debian GNU/Linux',
  osVersion: '12 (bookworm)',
  architecture: 'x86_64',
  primaryHostName: 'web-3.example.org',
  interfaces: [
    { interfaceName: 'lo', ipAddress: '127.0.0.1', macAddress: '00:00:00:00:00:00' },
    { interfaceName: 'eth0', ipAddress: '192.0.2.7', macAddress: '02:fc:00:00:00:01' },
    { interfaceName: 'eth0', ipAddress: '2001:db8::7', macAddress: '02:fc:00:00:00:01' },
  ],
}

/** Something for every object that the plan reaches: what, follows from the object's id. */
function inventEvidence(plan: ReturnType<typeof planCollection>): SystemCharacteristics {
  const objects: Record<string, CollectedObject> = {}
  for (const { content, definitionIds, externalVariables } of plan) {
    // Variables take values from objects: after as many rounds as chains are long everything is resolved.
    for (let round = 0; round < 6; round += 1) {
      const evaluation = createEvaluation({ content, externalVariables, source: { find: (digest) => objects[digest] } })
      for (const id of reachableObjects(content, definitionIds)) {
        const object = content.objects[id]
        if (object === undefined || object.set !== undefined) continue
        const resolved = evaluation.resolveObject(id)
        objects[resolved.digest] ??= inventObject(resolved)
      }
    }
  }
  return { systemInfo: system, objects }
}

function inventObject(object: ResolvedObject): CollectedObject {
  const collectedAt = '2026-02-03T04:05:03.000Z'
  const chance = Buffer.from(object.digest).reduce((sum, byte) => sum + byte, 0) % 16
  if (object.unresolved !== undefined) return { ...object.unresolved, items: [], collectedAt }
  if (object.testType === 'independent/family')
    return { flag: 'complete', messages: [], items: [inventItem(object, 0)], collectedAt }
  if (chance === 0) return { flag: 'error', messages: ['cannot read it: permission denied'], items: [], collectedAt }
  if (chance === 1) return { flag: 'not collected', messages: ['not asked'], items: [], collectedAt }
  if (chance < 6) return { flag: 'does not exist', messages: [], items: [], collectedAt }
  const items = Array.from({ length: 1 + (chance % 3) }, (_, number) => inventItem(object, number))
  return { flag: chance === 7 ? 'incomplete' : 'complete', messages: [], items, collectedAt }
}

function inventItem({ testType, entities }: ResolvedObject, number: number): Item {
  const entity = (name: string, value: string, datatype: ItemEntity['datatype'] = 'string'): ItemEntity => ({
    name,
    datatype,
    status: 'exists',
    value,
  })
  const asked = (name: string): string => entities.find((one) => one.name === name)?.values[0] ?? ''
  switch (testType) {
    case 'independent/textfilecontent54': {
      const path = asked('filepath').startsWith('/') ? asked('filepath') : '/etc/example.conf'
      return {
        testType,
        status: 'exists',
        line: 12 + number,
        entities: [
          entity('filepath', path),
          entity('path', path.replace(/\/[^/]*$/, '')),
          entity('filename', path.replace(/^.*\//, '')),
          entity('pattern', asked('pattern')),
          entity('instance', String(number + 1), 'int'),
          entity('text', `Setting value-${number}`),
          entity('subexpression', `value-${number}`),
        ],
      }
    }
    case 'independent/family':
      return { testType, status: 'exists', entities: [entity('family', 'unix')] }
    case 'unix/file':
      return {
        testType,
        status: 'exists',
        entities: [
          entity('filepath', `/etc/file-${number}`),
          entity('path', '/etc'),
          entity('filename', `file-${number}`),
          entity('type', 'regular'),
          entity('group_id', String(number), 'int'),
          entity('user_id', '0', 'int'),
        ],
      }
    case 'linux/dpkginfo':
      return { testType, status: 'exists', entities: [entity('name', asked('name')), entity('arch', 'amd64')] }
    case 'unix/sysctl':
      return { testType, status: 'exists', entities: [entity('name', asked('name')), entity('value', String(number))] }
    default:
      return { testType, status: 'error', entities: [], messages: ['<b>cannot</b> be read & told apart'] }
  }
}

/** The reason to skip a test that needs the referee, or false. */
export function refereeSkip(): string | false {
  if (spawnSync('oscap', ['--version']).status === 0) return false
  if (process.env['CI'] === 'true') throw new Error('oscap is missing: install openscap-utils')
  return 'oscap is not installed (Debian: openscap-scanner)'
}

/** What `oscap … validate` says against a document; empty when it is valid. */
export function refereeComplaints(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('oscap', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  return status === 0
    ? ''
    : `oscap ${args.join(' ')}: status ${String(status)}: ${stdout.slice(0, 2000)}${stderr.slice(0, 3000)}`
}
