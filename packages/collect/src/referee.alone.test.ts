import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseOval, readXml } from '@plumbline/scap'
import type { CollectedObject, Item } from '@plumbline/scap'
import { collectOurs, collectTheirs, documentOf, withoutReferee } from './testing/referee.ts'

/* Alone: processes, mounts, interfaces and settings of this machine are looked at three times, and must be the same. */

/** Where the standard, or what can be known, is not what the referee says; each with why. */
const otherFlags: Readonly<Record<string, string>> = {
  'independent/sql': 'we connect to no database, and say so instead of an error of its driver',
  'independent/sql57': 'the same',
  'linux/apparmorstatus': 'the referee does not know it',
  'linux/selinuxboolean': 'without SELinux its probe dies',
  'linux/selinuxsecuritycontext': 'without SELinux it does not apply',
  'unix/inetd': 'the referee does not know it',
  'unix/runlevel': 'the referee fails on Debian',
}

/** Entities that are left out of the comparison: they change while we look, or the referee has another idea of them. */
const otherEntities: Readonly<Record<string, readonly string[]>> = {
  // Our own process has no number: it would be another one every time.
  'independent/environmentvariable58': ['pid'],
  // Besides, it reads the flag of relatime as the option `bind`, which is dropped below; udev's links are not everywhere.
  'linux/partition': ['space_left', 'space_left_for_unprivileged_users', 'space_used', 'total_space', 'uuid'],
  // It gives no ruid; a policy with SCHED_RESET_ON_FORK is `?` to it; ExecShield is no more.
  'unix/process': ['exec_time', 'ruid', 'scheduling_class'],
  'unix/process58': ['exec_shield', 'exec_time', 'scheduling_class'],
}

/** Counters of the kernel, which may come back to an earlier value. */
const counter =
  /^exists name string (?:fs\.(?:dentry|file|inode|aio)-|kernel\.(?:random|ns_last_pid|pty)|net\.netfilter)/

/** What comes and goes between two looks: only what we saw before and after is held against the referee. */
const comesAndGoes = new Set([
  'independent/environmentvariable58',
  'linux/inetlisteningservers',
  'unix/process',
  'unix/process58',
  'unix/sysctl',
])

test('objects of every test type are collected as the referee does', { skip: withoutReferee }, async () => {
  const objects = readFileSync(new URL('./referee.fixtures/objects.xml', import.meta.url), 'utf8')
  assert.deepEqual(await differences(documentOf(objects)), [])
})

const streams = '/usr/share/xml/scap/ssg/content'
for (const product of ['debian11', 'ubuntu2204', 'rhel8']) {
  const file = `${streams}/ssg-${product}-ds.xml`
  const skip = withoutReferee || (existsSync(file) ? false : `${file} is not installed`)
  test(`the objects of ${product} are collected as the referee does`, { skip }, async () => {
    assert.deepEqual(await differences(documentOf(literalObjects(readFileSync(file, 'utf8')))), [])
  })
}

/** Objects of a stream that need no variables and no walk over files, each distinct one once. */
function literalObjects(text: string): string {
  const found = new Map<string, string>()
  for (const [object, , name = ''] of text.matchAll(literalObject)) {
    if (
      !/var_ref=|<[\w-]+:(?:filter|set)\b|<(?:filter|set)\b/.test(object) &&
      !walked.has(name) &&
      found.size < maxObjects
    ) {
      found.set(object.replace(/ (?:id|version|comment)="[^"]*"/g, ''), object)
    }
  }
  assert.ok(found.size > 50, 'the stream has hardly any objects: the test looks in the wrong place')
  return `<objects>${[...found.values()].join('\n')}</objects>`
}

const maxObjects = 2000
const walked = new Set(['selinuxsecuritycontext', 'symlink'])
const literalObject =
  /<(linux|unix|ind):((?:environmentvariable|family|uname|password|shadow|sysctl|interface|process|runlevel|dpkginfo|rpm|partition|systemdunit|inetlistening|selinuxboolean)\w*)_object\b(?:[^>]*\/>|[\s\S]*?<\/\1:\2_object>)/g

/** In a sentence each. */
async function differences(document: string): Promise<string[]> {
  const content = parseOval(readXml(document, 'objects.xml'))
  const before = await collectOurs(content)
  const theirs = collectTheirs(document)
  const after = await collectOurs(content)
  let compared = 0
  const found = Object.entries(content.objects).flatMap(([id, { testType, entities }]) => {
    const their = theirs.get(id)
    const our = [before.get(id), after.get(id)] as const
    if (their === undefined || our[0] === undefined || our[1] === undefined || otherFlags[testType] !== undefined)
      return []
    // The referee takes a pattern for a name.
    if (testType === 'linux/dpkginfo' && entities.some(({ operation }) => operation !== 'equals')) return []
    compared += 1
    if (our[0].flag !== their.flag) return [`${testType} ${id}: we say ${our[0].flag}, the referee ${their.flag}`]
    return compareItems(testType, id, [our[0], our[1]], their)
  })
  assert.ok(compared > 20, 'hardly anything was compared')
  return found
}

function compareItems(
  testType: string,
  id: string,
  [before, after]: readonly [CollectedObject, CollectedObject],
  their: CollectedObject,
): string[] {
  const [first, last, referee] = [before, after, their].map(
    ({ items }) => new Set(items.map((item) => plain(testType, item))),
  )
  if (first === undefined || last === undefined || referee === undefined) return []
  const steady = comesAndGoes.has(testType) ? [...first].filter((item) => last.has(item)) : [...first]
  const missing = steady
    .filter((item) => !referee.has(item) && !counter.test(item))
    .map((item) => `${testType} ${id}: only we have ${item}`)
  if (comesAndGoes.has(testType)) return missing
  return [
    ...missing,
    ...[...referee].filter((item) => !first.has(item)).map((item) => `${testType} ${id}: only the referee has ${item}`),
  ]
}

/** An item in a form in which both sides can be equal. */
function plain(testType: string, { status, entities }: Item): string {
  const ignored = new Set(otherEntities[testType] ?? [])
  // Of an interface without a broadcast address the referee tells its own.
  const own = entities.find(({ name }) => name === 'inet_addr')?.value
  if (entities.some(({ name, value }) => name === 'broadcast_addr' && value === own)) ignored.add('broadcast_addr')
  const lines = entities
    // An entity without a value, and one that is said not to be there, are the same to a reader.
    .filter((entity) => !ignored.has(entity.name) && entity.status === 'exists' && entity.value !== '')
    .map(({ name, datatype, value }) => `${name} ${datatype} ${comparable(testType, name, value)}`)
    .filter((line) => line !== 'mount_options string bind' && line !== 'flags string LOCAL')
  return `${status} ${lines.sort().join(' | ')}`
}

function comparable(testType: string, name: string, value: string): string {
  if (testType !== 'unix/routingtable') return value
  // The referee leaves out the prefix length, and keeps the end of the line.
  return name === 'destination' ? value.replace(/\/\d+$/, '') : value.trim()
}
