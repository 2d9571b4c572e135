import { test } from 'node:test'
import type { XmlWriter } from '@plumbline/scap'
import { assertAgreement } from './differences.ts'
import type { Exception } from './differences.ts'
import { documentsOf, objectId, testId, variableId } from './documents.ts'
import type { TestCase } from './documents.ts'
import { askOurselves, askReferee, refereeSkip } from './referee.ts'

type Write = (writer: XmlWriter) => unknown
const literal =
  (value: string, datatype = 'string'): Write =>
  (writer) =>
    writer.element('literal_component', { datatype }, value)
const variable =
  (i: number): Write =>
  (writer) =>
    writer.element('variable_component', { var_ref: variableId(i) })
const apply =
  (name: string, attributes: Readonly<Record<string, string>>, ...parts: readonly Write[]): Write =>
  (writer) => {
    writer.open(name, attributes)
    for (const part of parts) part(writer)
    writer.close()
  }
const field =
  (i: number, name = 'subexpression'): Write =>
  (writer) =>
    writer.element('object_component', { object_ref: objectId(i), item_field: name })

/** Objects that variables take values from, by number. */
const SOURCES: readonly TestCase[] = [
  { items: [{ entities: [{ value: 'a' }] }, { entities: [{ value: 'b' }, { value: 'c-d' }] }] },
  { items: [{ entities: [{ value: '2', datatype: 'int' }] }, { entities: [{ value: '3', datatype: 'int' }] }] },
  { flag: 'does not exist' },
  { flag: 'error' },
  { flag: 'incomplete', items: [{ entities: [{ value: 'a' }] }] },
  { flag: 'not applicable' },
  { flag: 'not collected' },
]

/** Constant variable 1 has two values. */
const CONSTANT = 0
const FUNCTIONS: readonly (readonly [what: string, component: Write])[] = [
  ['a literal', literal('x')],
  ['a field of an object', field(0)],
  ['a field that an item lacks', field(0, 'text')],
  ['an object that does not exist', field(2)],
  ['an object in error', field(3)],
  ['an incomplete object', field(4)],
  ['an object that is not applicable', field(5)],
  ['an object that was not collected', field(6)],
  ['another variable', variable(CONSTANT)],
  ['concat', apply('concat', {}, literal('<'), field(0), literal('>'))],
  ['concat of all with all', apply('concat', {}, field(0), variable(CONSTANT))],
  ['concat with what does not exist', apply('concat', {}, literal('<'), field(2))],
  ['concat with an error', apply('concat', {}, field(2), field(3))],
  ['begin', apply('begin', { character: 'a' }, variable(CONSTANT))],
  ['begin with a string', apply('begin', { character: 'xy' }, literal('xyz'))],
  ['end', apply('end', { character: 'y' }, variable(CONSTANT))],
  ['end longer than the value', apply('end', { character: 'long' }, literal('g'))],
  ['escape_regex', apply('escape_regex', {}, literal('(\\.test_string*)?^$[]{}+|-/ '))],
  ['split', apply('split', { delimiter: '-' }, literal('-a-a-'))],
  ['split of delimiters only', apply('split', { delimiter: '-' }, literal('---'))],
  ['split by a string', apply('split', { delimiter: ', ' }, literal('a, b,c, d'))],
  ['split without a delimiter', apply('split', { delimiter: '' }, literal('abc'))],
  ['split where there is none', apply('split', { delimiter: '-' }, field(0))],
  ['substring', apply('substring', { substring_start: '3', substring_length: '2' }, literal('abcdefg'))],
  [
    'substring from before the start',
    apply('substring', { substring_start: '-1', substring_length: '2' }, literal('abc')),
  ],
  ['substring of all the rest', apply('substring', { substring_start: '2', substring_length: '-1' }, literal('abc'))],
  ['substring that is too long', apply('substring', { substring_start: '2', substring_length: '9' }, literal('abc'))],
  [
    'substring from behind the end',
    apply('substring', { substring_start: '4', substring_length: '1' }, literal('abc')),
  ],
  ['regex_capture', apply('regex_capture', { pattern: '^x(.*)z$' }, literal('xyz'))],
  ['regex_capture without a match', apply('regex_capture', { pattern: '(q)' }, literal('xyz'))],
  ['regex_capture without a group', apply('regex_capture', { pattern: 'y' }, literal('xyz'))],
  ['regex_capture of the first of several', apply('regex_capture', { pattern: '(.)(.)' }, literal('xyz'))],
  ['regex_capture with a group that took no part', apply('regex_capture', { pattern: '(a)?(y)' }, literal('xyz'))],
  ['regex_capture of several values', apply('regex_capture', { pattern: '^(.)' }, field(0))],
  ['regex_capture with a bad pattern', apply('regex_capture', { pattern: '(' }, literal('x'))],
  ['unique', apply('unique', {}, field(0), literal('a'), variable(CONSTANT))],
  ['unique of what does not exist', apply('unique', {}, field(2))],
  ['count', apply('count', {}, field(0), literal('x'))],
  ['count of what does not exist', apply('count', {}, field(2))],
  ['add', apply('arithmetic', { arithmetic_operation: 'add' }, field(1), literal('10', 'int'))],
  ['multiply', apply('arithmetic', { arithmetic_operation: 'multiply' }, field(1), field(1))],
  [
    'add three',
    apply('arithmetic', { arithmetic_operation: 'add' }, literal('1', 'int'), literal('2', 'int'), literal('3', 'int')),
  ],
  [
    'add strings',
    apply(
      'arithmetic',
      { arithmetic_operation: 'add' },
      literal('1', 'int'),
      apply('concat', {}, literal('1'), literal('0')),
    ),
  ],
  [
    'multiply negative',
    apply('arithmetic', { arithmetic_operation: 'multiply' }, literal('-3', 'int'), literal('4', 'int')),
  ],
  ['add to what does not exist', apply('arithmetic', { arithmetic_operation: 'add' }, field(2), literal('1', 'int'))],
  ['time_difference of days', apply('time_difference', {}, literal('2009-04-02'), literal('20090401'))],
  [
    'time_difference with times',
    apply('time_difference', {}, literal('2009/04/02 00:00:10'), literal('2009-04-01 00:00:00')),
  ],
  [
    'time_difference of other formats',
    apply(
      'time_difference',
      { format_1: 'month_day_year', format_2: 'day_month_year' },
      literal('04/02/2009'),
      literal('01-04-2009'),
    ),
  ],
  [
    'time_difference of seconds',
    apply(
      'time_difference',
      { format_1: 'seconds_since_epoch', format_2: 'seconds_since_epoch' },
      literal('20'),
      literal('5'),
    ),
  ],
  [
    'time_difference of file times',
    apply(
      'time_difference',
      { format_1: 'win_filetime', format_2: 'win_filetime' },
      literal('128831904100000000'),
      literal('128831040000000000'),
    ),
  ],
  [
    'time_difference of a file time in hexadecimal',
    apply(
      'time_difference',
      { format_1: 'win_filetime', format_2: 'seconds_since_epoch' },
      literal('1C9B2EFA0A06000'),
      literal('1238630000'),
    ),
  ],
  [
    'time_difference of CIM times',
    apply(
      'time_difference',
      { format_1: 'cim_datetime', format_2: 'cim_datetime' },
      literal('20090402000010.000000+000'),
      literal('20090401000000.000000+000'),
    ),
  ],
  ['time_difference of no time', apply('time_difference', {}, literal('yesterday'), literal('20090401'))],
  [
    'add floats',
    apply('arithmetic', { arithmetic_operation: 'add' }, literal('1.5', 'float'), literal('2.5', 'float')),
  ],
  ['add what is no number', apply('arithmetic', { arithmetic_operation: 'add' }, literal('1', 'int'), literal('x'))],
  [
    'multiply several by several',
    apply('arithmetic', { arithmetic_operation: 'multiply' }, field(1), field(1), field(1)),
  ],
  ['count of several with duplicates', apply('count', {}, literal('a'), literal('a'), field(0))],
  ['begin that is there already', apply('begin', { character: 'a' }, literal('abc'))],
  ['begin of nothing', apply('begin', { character: 'x' }, field(2))],
  ['substring of length nothing', apply('substring', { substring_start: '1', substring_length: '0' }, literal('abc'))],
  ['split of several values', apply('split', { delimiter: '-' }, field(0))],
  ['regex_capture of nested groups', apply('regex_capture', { pattern: '((x)y)' }, literal('xyz'))],
  ['a function of functions', apply('unique', {}, apply('split', { delimiter: '-' }, literal('a-b-a')))],
  ...[
    '*',
    '?',
    '\\*',
    '\\?',
    '\\[hello\\]',
    '/root/*',
    '/root/.*',
    '/root/x*',
    '/root/?',
    '/root/.?',
    'list.?',
    'project.*',
  ].flatMap(globs),
  ...[
    '*old',
    'type*.[ch]',
    '*.*',
    'a*b?[',
    'x[[:digit:]]\\*',
    '',
    '~/files/*.txt',
    '\\',
    '.*.conf',
    'docs/?b',
    'xy/??z',
    '[]a]',
    '[!a]',
  ].flatMap(globs),
  ...['a+b{c}(d)|e^f$', '/etc/*/x', 'a/b/', '*/', '[a-z]*', 'a\\b'].flatMap(globs),
]

function globs(glob: string): (readonly [string, Write])[] {
  return ['false', 'true'].map((noescape) => [
    `glob_to_regex of ${JSON.stringify(glob)}, noescape ${noescape}`,
    apply('glob_to_regex', { glob_noescape: noescape }, literal(glob)),
  ])
}

const EXCEPTIONS: readonly Exception<string>[] = [
  {
    clause: 'DateTimeFormatEnumeration, win_filetime: hundreds of nanoseconds, a day and ten seconds here',
    covers: (what) => /^time_difference of (file times|a file time in hexadecimal)$/.test(what),
  },
  {
    clause: 'TimeDifferenceFunctionType: a value that is not of its format is an error, not the beginning of time',
    covers: (what) => what === 'time_difference of no time',
  },
  {
    clause: 'ArithmeticFunctionType: what is no number is an error, not left out',
    covers: (what) => what === 'add what is no number',
  },
  {
    clause: 'xsd:float: 4 and 4.000000 are the same number, written another way',
    covers: (what) => what === 'add floats',
  },
  {
    clause: 'FlagEnumeration, not collected: what nobody looked for is unknown, not an error',
    covers: (what) => what === 'an object that was not collected',
  },
  {
    clause: 'GlobToRegexFunctionType, glob_noescape: a backslash escapes whatever follows it, a letter too',
    covers: (what) => what.startsWith('glob_to_regex of "a\\\\b"'),
  },
]

function datatypeOf(what: string): 'int' | 'string' {
  return /^(count|add|multiply|time_difference)/.test(what) ? 'int' : 'string'
}

/** A test over object 1 with a state that takes its value from each variable, so that the referee works it out. */
test('variable functions give the values of the referee', { skip: refereeSkip() }, (t) => {
  const cases: TestCase[] = [
    ...SOURCES,
    ...FUNCTIONS.map(([what], i) => {
      const datatype = datatypeOf(what)
      return {
        items: [{ entities: [{ value: datatype === 'int' ? '12' : 'a', datatype }] }],
        states: [{ entities: [{ varRef: variableId(i + 1), varCheck: 'at least one' as const, datatype }] }],
      }
    }),
  ]
  const documents = documentsOf(cases, {
    variables: (writer) => {
      writer
        .open('constant_variable', { id: variableId(CONSTANT), version: 1, datatype: 'string', comment: 'two' })
        .element('value', {}, 'a')
        .element('value', {}, 'xy')
        .close()
      FUNCTIONS.forEach(([comment, component], i) => {
        writer.open('local_variable', { id: variableId(i + 1), version: 1, datatype: datatypeOf(comment), comment })
        component(writer)
        writer.close()
      })
    },
  })
  const referee = askReferee(documents)
  const ours = askOurselves(documents)
  assertAgreement(
    t,
    FUNCTIONS.map(([what], i) => {
      const id = testId(SOURCES.length + i)
      const shown = (result: string | undefined, values: readonly string[] | undefined) =>
        // Where the referee ends in an error the values it had gathered by then do not count.
        result === 'error' ? 'error' : `${result}: ${(values ?? []).toSorted().join(' ')}`
      return {
        each: what,
        referee: shown(referee.tests[id], referee.testedVariables[variableId(i + 1)]),
        ours: shown(ours.tests[id], ours.testedVariables[variableId(i + 1)]),
      }
    }),
    EXCEPTIONS,
  )
})
