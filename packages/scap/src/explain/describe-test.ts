import type { Operation } from '../oval/model/enumerations.ts'
import { membersOf } from './set-members.ts'
import type { AskedEntity, ItemTrace, StateTrace, TestTrace } from './trace.ts'

/** What a test found, as the clause of a sentence: what there is, and for a test that is false what was expected. */
export function describeTest(test: TestTrace): string {
  const { object } = test
  if (object === undefined) return test.messages[0] ?? `“${test.comment}” could not be evaluated`
  if (object.flag === 'error' || object.flag === 'not collected' || object.flag === 'not applicable') {
    return `${describeObject(test)} ${flagWords[object.flag]}${object.messages[0] === undefined ? '' : `: ${object.messages[0]}`}`
  }
  const found = object.counts.exists + object.counts.error + object.counts['not collected']
  if (found === 0) {
    const why = object.messages.find((message) => message.includes('no value'))
    return why === undefined ? describeAbsence(test) : `there is no ${nounOf(test)} to look for, as ${why}`
  }
  const [item] = test.items
  if (item === undefined) return `“${test.comment}” is ${test.result}`
  if (item.status === 'error')
    return `${describeObject(test)} could not be read${item.messages[0] === undefined ? '' : `: ${item.messages[0]}`}`
  const judged = Object.values(test.judged).reduce((sum, count) => sum + count, 0)
  if (judged === 0) return describeExistence(test, item)
  const [problem] = test.result === 'error' ? [...test.messages, ...object.messages] : []
  return `${describeFinding(test, item)}${problem === undefined ? '' : `; ${problem}`}`
}

const flagWords = {
  error: 'could not be read',
  'not collected': 'was not collected',
  'not applicable': 'does not apply to this asset',
} as const

/** Nouns for what the test types look at; the others are named by their type. */
const nouns: Readonly<Record<string, string>> = {
  dpkginfo: 'package',
  rpminfo: 'package',
  file: 'file',
  symlink: 'symbolic link',
  sysctl: 'kernel parameter',
  password: 'account',
  shadow: 'password entry',
  partition: 'partition',
  systemdunitproperty: 'systemd unit',
  systemdunitdependency: 'systemd unit',
  environmentvariable58: 'environment variable',
  process58: 'process',
  interface: 'network interface',
  inetlisteningservers: 'listening service',
  selinuxboolean: 'SELinux boolean',
  textfilecontent54: 'line',
  variable: 'variable',
}

const kindOf = ({ testType }: TestTrace): string => testType.replace(/^.*\//, '')

const nounOf = (test: TestTrace): string => nouns[kindOf(test)] ?? `${kindOf(test)} item`

/** The object in words: `package telnetd`, `the lines of /etc/ssh/sshd_config that match …`. */
function describeObject(test: TestTrace): string {
  const asked = test.object?.asked ?? []
  // Of a set the member is meant that is as the set is, for its flag is that of one.
  const members = membersOf(test.object)
  const member = members.find(({ flag }) => flag === test.object?.flag) ?? members[0]
  if (member !== undefined) return describeObject({ ...test, object: member })
  if (kindOf(test) === 'textfilecontent54') return describePath(asked)
  if (kindOf(test) === 'variable') return describeVariable(test)
  if (asked.length === 0) return `the ${nounOf(test)}s of ${test.object?.id ?? ''}`
  return withNoun(nounOf(test), describePath(asked))
}

/** `file /etc/passwd`, but `files matching …`. */
const withNoun = (noun: string, which: string): string => (which.startsWith('files ') ? which : `${noun} ${which}`)

function describeVariable(test: TestTrace): string {
  return test.subject === undefined
    ? `the value of ${test.object?.asked[0]?.values[0] ?? 'the variable'}`
    : `the value “${shorten(test.subject)}”`
}

/** What identifies the things asked for; a path is told as one. */
function describePath(asked: readonly AskedEntity[]): string {
  const entity = (name: string): AskedEntity | undefined => asked.find((one) => one.name === name)
  const filepath = entity('filepath')
  if (filepath !== undefined) return describeEntity(filepath)
  const [path, filename] = [entity('path'), entity('filename')]
  if (path !== undefined) {
    const folder = describeEntity(path)
    if (filename === undefined || filename.values.length === 0 || filename.values[0] === '') return folder
    return filename.operation === 'equals' && path.operation === 'equals'
      ? `${folder}/${filename.values.join(' or ')}`
      : `${describeEntity(filename)} in ${folder}`
  }
  return asked
    .filter(({ name }) => name !== 'instance' && name !== 'property')
    .filter(({ operation, values }) => operation !== 'pattern match' || !values.every((value) => matchesAll.has(value)))
    .map(describeEntity)
    .join(', ')
}

const matchesAll: ReadonlySet<string> = new Set(['', '.*', '.+', '^.*$', '^.+$'])

function describeEntity({ operation, values, name }: AskedEntity): string {
  const [first] = values
  const list = first === undefined ? `(no ${name})` : shorten(values.slice(0, 3).join(' or '))
  if (operation === 'equals' || operation === 'case insensitive equals') return list
  return `${name === 'filepath' || name === 'path' || name === 'filename' ? 'files' : name} ${operationWords[operation]} ${list}`
}

function describeAbsence(test: TestTrace): string {
  const asked = test.object?.asked ?? []
  const members = membersOf(test.object)
  if (members.length > 0 && members.every(({ counts }) => counts.exists === 0)) {
    const each = [...new Set(members.map((member) => describeAbsence({ ...test, object: member })))]
    const more = each.length > maxMembers ? [`${each.length - maxMembers} more are not there`] : []
    return [...each.slice(0, maxMembers), ...more].join(' and ')
  }
  switch (kindOf(test)) {
    case 'textfilecontent54': {
      if (asked.length === 0) return `no line was found for “${shorten(test.comment)}”`
      const pattern = asked.find(({ name }) => name === 'pattern')?.values[0]
      return `no line of ${describePath(asked)} matches ${pattern === undefined ? 'the pattern' : shorten(pattern)}`
    }
    case 'dpkginfo':
    case 'rpminfo':
      return `package ${describePath(asked)} is not installed`
    case 'variable':
      return `${describeVariable(test)} is not there`
    default: {
      const which = describePath(asked).replace(/^files /, '')
      return `there is no ${nounOf(test)}${which === '' ? '' : ` ${which}`}${describeFilters(test)}`
    }
  }
}

const maxMembers = 3

/** What narrows an object down, after its noun: `, leaving out those with group id 42`. */
function describeFilters({ object }: TestTrace): string {
  const telling = (object?.filters ?? [])
    .map(({ action, entities }) => ({
      action,
      // That links are left out says nothing of what is wrong.
      entities: entities.filter(({ name, values }) => values.length > 0 && name !== 'type'),
    }))
    .filter(({ entities }) => entities.length > 0)
  const list = (wanted: string): string =>
    telling
      .filter(({ action }) => action === wanted)
      .map(({ entities }) => {
        const shown = entities.slice(0, 3).map(describeFilterEntity).join(', ')
        return entities.length > 3 ? `${shown} and ${entities.length - 3} more` : shown
      })
      .join(' or ')
  const [included, excluded] = [list('include'), list('exclude')]
  return `${included === '' ? '' : ` with ${included}`}${excluded === '' ? '' : `, leaving out those with ${excluded}`}`
}

const describeFilterEntity = ({ name, operation, values }: AskedEntity): string =>
  [name.replaceAll('_', ' '), operationWords[operation], shorten(values.slice(0, 3).join(' or '))]
    .filter((word) => word !== '')
    .join(' ')

/** Something is there, and that alone decided. */
function describeExistence(test: TestTrace, item: ItemTrace): string {
  const exists = test.object?.counts.exists ?? 0
  const others = exists > 1 ? ` (and ${exists - 1} more)` : ''
  const surplus = test.result === 'false' && test.checkExistence === 'none_exist' ? '; expected none' : ''
  if (kindOf(test) === 'textfilecontent54') return `${describeLine(item)}${others}${surplus}`
  if (kindOf(test) === 'dpkginfo' || kindOf(test) === 'rpminfo')
    return `package ${valueOf(item, 'name') ?? ''} is installed${surplus}`
  const kept = describeKept(test, item)
  if (kept !== undefined) return `${kept}${others}`
  return `${describeItem(test, item)} exists${others}${surplus}`
}

/**
 * Content often asks for what is wrong by leaving out what is right, and expects none: what the filter would have left
 * out is then what was expected.
 */
function describeKept(test: TestTrace, item: ItemTrace): string | undefined {
  if (test.result !== 'false' || test.checkExistence !== 'none_exist') return undefined
  const expected = test.object?.filters
    .filter(({ action }) => action === 'exclude')
    .flatMap(({ entities }) => entities)
    .filter(({ name, values }) => values.length > 0 && (valueOf(item, name) ?? '') !== '')
  const wrong = expected?.filter(
    ({ name, operation, values }) => operation !== 'equals' || !values.includes(valueOf(item, name) ?? ''),
  )
  const [first] = wrong ?? []
  if (first === undefined) return undefined
  const label = (name: string): string => name.replaceAll('_', ' ')
  const all = (wrong ?? []).slice(0, 3)
  const found = all.map(({ name }) => `${label(name)} ${shorten(valueOf(item, name) ?? '')}`).join(', ')
  const wanted = all
    .map(({ operation, values }) => `${operationWords[operation]} ${shorten(values.slice(0, 3).join(' or '))}`.trim())
    .join(', ')
  return `${describeItem(test, item)} has ${found}; expected ${wanted}`
}

function describeFinding(test: TestTrace, item: ItemTrace): string {
  const state = item.states.find(({ result }) => result === item.result) ?? item.states[0]
  const entity = decidingEntity(state, item)
  const total = Object.values(test.judged).reduce((sum, count) => sum + count, 0)
  const same = test.judged[item.result] ?? 1
  const others = same > 1 ? ` (the same for ${same - 1} more of ${total})` : ''
  if (entity === undefined) return `${describeItem(test, item)} is as described: ${item.result}`
  const missed = item.result !== 'true'
  const limits = ['greater than', 'greater than or equal', 'less than', 'less than or equal']
  const expected = missed || limits.includes(entity.operation) ? `; expected ${describeExpected(entity)}` : ''
  if (kindOf(test) === 'textfilecontent54' && (entity.name === 'subexpression' || entity.name === 'text')) {
    return `${describeLine(item)}${expected}${others}`
  }
  const several = state?.entities ?? []
  if (!missed && several.length > 1 && kindOf(test) !== 'variable') {
    const shown = several
      .slice(0, 3)
      .map(({ name, found }) => `${name.replaceAll('_', ' ')} ${shorten(found.slice(0, 3).join(', '))}`)
    const rest = several.length - shown.length
    return `${describeItem(test, item)} has ${shown.join(', ')}${rest > 0 ? ` and ${rest} more as expected` : ', as expected'}${others}`
  }
  const isHidden = item.entities.some(({ name, value }) => name === entity.name && value === undefined)
  const found =
    entity.found.length === 0 ? (isHidden ? 'hidden' : 'missing') : shorten(entity.found.slice(0, 5).join(', '))
  const label = kindOf(test) === 'variable' ? '' : `${entity.name.replaceAll('_', ' ')} of `
  return `${label}${describeItem(test, item)} is ${found}${expected}${others}`
}

function decidingEntity(state: StateTrace | undefined, item: ItemTrace): StateTrace['entities'][number] | undefined {
  return state?.entities.find(({ result }) => result === item.result) ?? state?.entities[0]
}

const operationWords: Readonly<Record<Operation, string>> = {
  'bitwise and': 'with all bits of',
  'bitwise or': 'with only bits of',
  'case insensitive equals': 'in any case',
  'case insensitive not equal': 'other than',
  equals: '',
  'greater than': 'more than',
  'greater than or equal': 'at least',
  'less than': 'less than',
  'less than or equal': 'at most',
  'not equal': 'other than',
  'pattern match': 'matching',
  'subset of': 'among',
  'superset of': 'including',
}

function describeExpected({ operation, expected, variable, isUnset }: StateTrace['entities'][number]): string {
  if (isUnset === true) return `the value of ${variable}, which has none`
  if (expected.length === 0) return 'another value'
  const list = shorten(expected.slice(0, 5).join(' or '))
  const words = operation === 'pattern match' ? 'text matching' : operationWords[operation]
  return words === '' ? list : `${words} ${list}`
}

/** `line 12 of /etc/ssh/sshd_config sets PermitRootLogin to yes`, as far as the text has that form. */
function describeLine(item: ItemTrace): string {
  const place = `${item.line === undefined ? 'text' : `line ${item.line}`} of ${valueOf(item, 'filepath') ?? 'a file'}`
  const text = (valueOf(item, 'text') ?? '').trim()
  const value = valueOf(item, 'subexpression')
  const line = text.split('\n').find((one) => value !== undefined && value !== '' && one.includes(value)) ?? text
  const setting = /^\s*([\w.@/-]+)\s*(?:[=:]|\s)\s*(.*?)\s*$/.exec(line)
  if (value !== undefined && value !== '' && setting !== null) {
    const [, name, rest = ''] = setting
    if (rest.replace(/^"|"$/g, '') === value || rest.startsWith(value))
      return `${place} sets ${name} to ${shorten(value)}`
  }
  return text === '' ? `${place} is empty` : `${place} reads “${shorten(text)}”`
}

/** One thing that was found, by what tells it from others. */
function describeItem(test: TestTrace, item: ItemTrace): string {
  if (kindOf(test) === 'variable') return describeVariable(test)
  const names = ['filepath', 'name', 'username', 'unit', 'mount_point', 'pid', 'path']
  const name = names.find((one) => (valueOf(item, one) ?? '') !== '')
  const filename = valueOf(item, 'filename') ?? ''
  if (name === 'path' && filename !== '') return `${nounOf(test)} ${valueOf(item, 'path')}/${filename}`
  if (name === undefined) {
    const first = item.entities.find(({ value }) => value !== undefined && value !== '')
    return first === undefined
      ? `the ${nounOf(test)}`
      : `the ${nounOf(test)} with ${first.name} ${shorten(first.value ?? '')}`
  }
  const property = valueOf(item, 'property')
  return `${nounOf(test)} ${valueOf(item, name)}${property === undefined ? '' : ` (${property})`}`
}

const valueOf = (item: ItemTrace, name: string): string | undefined =>
  item.entities.find((entity) => entity.name === name)?.value

const maxShown = 160

/** On one line, and not longer than a sentence bears. */
function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= maxShown ? line : `${line.slice(0, maxShown - 1)}…`
}
