import type { FileCondition, FileKind, FindRequest, NumberRange } from '../../session.ts'
import { textsOf } from '../entry-matcher.ts'
import { quote } from './prelude.ts'

/** Which `find` the asset has: GNU's prints what we ask in one walk; busybox's names files, and `stat` tells of them. */
export type FindDialect = 'busybox' | 'gnu'

/** What a condition is in words of find(1). Inexact: it lets more through than the condition; whoever asks looks again. */
interface Test {
  readonly words: string
  readonly isExact: boolean
}

const anything: Test = { words: '', isExact: false }

/** A record of GNU find, behind its number: kind, mode, owner, group, size, times, device, inode and path, then NUL. */
export const recordFormat = String.raw`%y %m %U %G %s %A@ %T@ %C@ %D %i %p\0`
const record = (index: number): string => `-printf '${index} ${recordFormat}'`
/** A record of stat: no path holds `//`, so that ends it. */
const recordByStat = `-exec stat -c '%f %u %g %s %X %Y %Z %d %i %n//' {} +`

/** Bytes that an entry may take; more of them in the mean cut the answer short. */
const bytesPerEntry = 600

/** Walks that share a call: of the same start, depth and bars. Only GNU find can answer several with one walk. */
export function walkKey({ start, maxDepth, barred }: FindRequest): string {
  return JSON.stringify([start, maxDepth, barred.toSorted()])
}

/** The call of `_find` (`prelude.ts`) for walks with the same {@link walkKey}. */
export function findLine(requests: readonly FindRequest[], dialect: FindDialect): string {
  return `_find ${mostBytes(requests)} ${findWords(requests, dialect)}`
}

/** What find(1) may print before it is cut short. */
export function mostBytes(requests: readonly FindRequest[]): number {
  return requests.reduce((sum, one) => sum + one.limit, 0) * bytesPerEntry + 65_536
}

/** The parameters of find(1), quoted for a shell, for walks with the same {@link walkKey}. */
export function findWords(requests: readonly FindRequest[], dialect: FindDialect): string {
  const [first] = requests
  if (first === undefined) throw new Error('there is no walk to make')
  const depth = first.maxDepth === undefined ? '' : ` -maxdepth ${first.maxDepth}`
  const head = `${quote(first.start)}${depth}`
  const barred = first.barred.filter((path) => path !== first.start)
  if (dialect === 'gnu') {
    const prune = barred.length === 0 ? [] : [`${anyOf(barred.map((path) => pathTest(path)))} -prune`]
    const asked = requests.map(({ where }, index) => {
      const { words } = compile(where, dialect)
      return `${words}${words === '' ? '' : ' '}${record(index)}`
    })
    return `${head} ${[...prune, ...asked].join(' , ')}`
  }
  const { words } = compile(first.where, dialect)
  const met = `${words}${words === '' ? '' : ' '}${recordByStat}`
  if (barred.length === 0) return `${head} ${met}`
  const bars = anyOf(barred.map((path) => pathTest(path)))
  // Without GNU's comma: what is barred is met too, and not entered.
  return `${head} '(' ${bars} -prune -o ! ${bars} ')' ${met}`
}

const letters: Readonly<Partial<Record<FileKind, string>>> = {
  'block special': 'b',
  'character special': 'c',
  directory: 'd',
  fifo: 'p',
  regular: 'f',
  socket: 's',
  'symbolic link': 'l',
}

function compile(condition: FileCondition, dialect: FindDialect): Test {
  if ('all' in condition) {
    const tests = condition.all.map((one) => compile(one, dialect))
    const words = tests.flatMap((test) => (test.words === '' ? [] : [test.words])).join(' ')
    return {
      words: tests.length > 1 && words !== '' ? `'(' ${words} ')'` : words,
      isExact: tests.every((test) => test.isExact),
    }
  }
  if ('any' in condition) {
    const tests = condition.any.map((one) => compile(one, dialect))
    if (tests.length === 0 || tests.some(({ words }) => words === '')) return anything
    return { words: anyOf(tests.map(({ words }) => words)), isExact: tests.every(({ isExact }) => isExact) }
  }
  if ('not' in condition) {
    const test = compile(condition.not, dialect)
    // The contrary of a test that lets too much through would let too little through.
    return test.isExact && test.words !== '' ? { words: `! '(' ${test.words} ')'`, isExact: true } : anything
  }
  if ('kind' in condition) {
    const letter = letters[condition.kind]
    return letter === undefined ? anything : { words: `-type ${letter}`, isExact: true }
  }
  if ('mode' in condition) return { words: `-perm -${condition.mode.toString(8)}`, isExact: true }
  if ('user' in condition) return within(condition.user, dialect === 'gnu' ? '-uid' : '-user', dialect)
  if ('group' in condition) return within(condition.group, dialect === 'gnu' ? '-gid' : '-group', dialect)
  if ('name' in condition) {
    if (condition.name.length === 0) return anything
    // Sudo cannot tell a word with white space from several.
    const globs = condition.name.map((name) => asGlob(name).replace(whiteSpace, '?'))
    const isExact = !condition.name.some((name) => name.search(whiteSpace) >= 0)
    return { words: anyOf(globs.map((glob) => `-name ${quote(glob)}`)), isExact }
  }
  // Perl's patterns are not find's: it is asked for what they cannot do without.
  if ('namePattern' in condition) {
    const texts = tellable(textsOf(condition.namePattern))
    if (texts.length > 0) return { words: `-name ${quote(`*${texts.map(asGlob).join('*')}*`)}`, isExact: false }
  }
  return anything
}

const longestGlob = 200
const whiteSpace = /[ \t-\r]/g

/** Those that can stand in a parameter, and of sudo in one without white space; as many as are not too long. */
function tellable(texts: readonly string[]): readonly string[] {
  let length = 0
  return texts
    .flatMap((text) => (text.isWellFormed() ? text.split(/[\0\s]+/) : []))
    .filter((text) => text !== '' && (length += text.length) <= longestGlob)
}

/** Numbers of accounts have 32 bits. */
const lastNumber = 0xffff_ffff

function within(ranges: readonly NumberRange[], test: string, dialect: FindDialect): Test {
  if (ranges.length === 0) return anything
  if (dialect === 'busybox') return oneByOne(ranges, test)
  const each = ranges.map(([least, most]) => {
    if (least === most) return `${test} ${least}`
    const above = least > 0 ? [`${test} +${least - 1}`] : []
    const below = most < lastNumber ? [`${test} -${most + 1}`] : []
    const both = [...above, ...below]
    return both.length === 0 ? '' : `'(' ${both.join(' ')} ')'`
  })
  return each.includes('') ? anything : { words: anyOf(each), isExact: true }
}

/** Busybox knows single numbers alone: a few of them are named, or the few that are left out. */
function oneByOne(given: readonly NumberRange[], test: string): Test {
  const ranges = given
    .map(([least, most]) => [Math.max(least, 0), Math.min(most, lastNumber)] as const)
    .filter(([least, most]) => least <= most)
  const words = (numbers: readonly number[]): string => anyOf(numbers.map((number) => `${test} ${number}`))
  const wanted = numbersOf(ranges)
  if (wanted?.length === 0) return anything
  if (wanted !== undefined) return { words: words(wanted), isExact: true }
  const others = numbersOf(gapsBetween(ranges))
  return others === undefined || others.length === 0 ? anything : { words: `! ${words(others)}`, isExact: true }
}

const mostNamed = 64

/** Undefined where they are too many to name. */
function numbersOf(ranges: readonly NumberRange[]): number[] | undefined {
  const count = ranges.reduce((sum, [least, most]) => sum + most - least + 1, 0)
  if (count > mostNamed) return undefined
  return ranges.flatMap(([least, most]) => Array.from({ length: most - least + 1 }, (_, at) => least + at))
}

function gapsBetween(ranges: readonly NumberRange[]): NumberRange[] {
  const gaps: NumberRange[] = []
  let next = 0
  for (const [least, most] of ranges.toSorted(([one], [other]) => one - other)) {
    if (least > next) gaps.push([next, least - 1])
    next = Math.max(next, most + 1)
  }
  if (next <= lastNumber) gaps.push([next, lastNumber])
  return gaps
}

const anyOf = (tests: readonly string[]): string =>
  tests.length === 1 ? (tests[0] ?? '') : `'(' ${tests.join(' -o ')} ')'`

const pathTest = (path: string): string => `-path ${quote(asGlob(path))}`

/** A pattern that nothing but the text matches. */
const asGlob = (text: string): string => text.replace(/[\\*?[\]]/g, String.raw`\$&`)
