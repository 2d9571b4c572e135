import type { Datatype } from '@plumbline/scap'
import { textElement, type Draft } from './draft.ts'
import { files, readableFiles } from './file-entities.ts'
import { randomValue, valuesOf } from './values.ts'
import type { Variables } from './variables.ts'

/** An entity that a state may speak of, with values near those of items; of any datatype when it names none. */
export interface StateEntity {
  readonly name: string
  readonly datatype?: Datatype
  readonly values: readonly string[]
  /** In filters the referee compares by the datatype of the item, where it is not that of the state. */
  readonly isForFilters?: false
  /** Those of a record. */
  readonly fields?: readonly StateEntity[]
}

/** A test type as random documents use it. */
export interface Subject {
  /** With its prefix. */
  readonly name: string
  /** Behaviors and entities of a random object. */
  object(draft: Draft, variables: Variables): readonly string[]
  /** In the order of the schema. */
  readonly state: readonly StateEntity[]
  /** Fields that its items always have, for variables. */
  readonly fields: Readonly<Record<string, 'word' | 'number'>>
}

const NAMED_CHECKS = ['all', 'at least one'] as const

/** One of these values, or a pattern among several, or those of a variable. */
function named(
  draft: Draft,
  variables: Variables,
  name: string,
  values: readonly string[],
  patterns: readonly string[],
) {
  const { chance } = draft
  if (chance.holds(0.1))
    return textElement(name, '', { var_ref: variables.of('word'), var_check: chance.pick(NAMED_CHECKS) })
  if (patterns.length > 0 && chance.holds(0.3))
    return textElement(name, chance.pick(patterns), { operation: 'pattern match' })
  // All others would be compared too, and change meanwhile.
  if (chance.holds(0.1)) return textElement(name, chance.pick(values), { operation: 'case insensitive equals' })
  return textElement(name, chance.pick(values))
}

function textBehaviors({ chance }: Draft): Record<string, string> {
  const behaviors: Record<string, string> = {}
  for (const name of ['ignore_case', 'multiline', 'singleline'])
    if (chance.holds(0.2)) behaviors[name] = chance.pick(['true', 'false'])
  return behaviors
}

const filenames: StateEntity = { name: 'filename', datatype: 'string', values: ['a.conf', 'b.conf', 'none'] }
const flags = [
  'suid',
  'sgid',
  'sticky',
  'uread',
  'uwrite',
  'uexec',
  'gread',
  'gwrite',
  'gexec',
  'oread',
  'owrite',
  'oexec',
]

/** Values of each datatype against each other; a value that is not of the datatype is an error, and documented. */
const typed: readonly Subject[] = (Object.entries(valuesOf) as [Datatype, readonly string[]][]).map(
  ([datatype, values]) => ({
    name: 'ind:variable',
    object: (_, variables) => [textElement('ind:var_ref', variables.constantOf(datatype))],
    state: [{ name: 'value', datatype, values, isForFilters: false }],
    fields: {},
  }),
)

const computed: Subject = {
  name: 'ind:variable',
  object: (_, variables) => [textElement('ind:var_ref', variables.of('number'))],
  state: [{ name: 'value', datatype: 'int', values: valuesOf.int ?? [], isForFilters: false }],
  fields: {},
}

/** Of `#` no numbers: the referee writes six decimals, and what is not of the datatype is an error. */
const yamlFields: readonly StateEntity[] = [
  { name: '#', datatype: 'string', values: ['plain', 'a', '3', 'first', '17', 'none'] },
  { name: 'name', datatype: 'string', values: ['first', 'second', 'none'] },
  { name: 'n', datatype: 'int', values: ['1', '2', '3'] },
  { name: '^key', datatype: 'string', values: ['v', 'V'] },
  { name: 'other', datatype: 'int', values: ['9', '10'] },
]

export const subjects: readonly Subject[] = [
  {
    name: 'ind:textfilecontent54',
    object: (draft, variables) => [
      ...files(draft, variables, 'ind', textBehaviors(draft)),
      draft.chance.holds(0.15)
        ? textElement('ind:pattern', '', {
            operation: 'pattern match',
            var_ref: variables.of('pattern'),
            var_check: draft.chance.pick(['all', 'at least one']),
          })
        : textElement('ind:pattern', randomValue(draft, 'pattern'), { operation: 'pattern match' }),
      // Instances from the end, which are negative, the referee knows from 1.4 on: `textfilecontent54.test.ts`.
      draft.chance.holds(0.1)
        ? textElement('ind:instance', '', {
            datatype: 'int',
            operation: 'equals',
            var_ref: variables.constant('instance'),
            var_check: 'at least one',
          })
        : textElement('ind:instance', draft.chance.pick(['0', '1', '1', '1', '2', '3']), {
            datatype: 'int',
            operation: draft.chance.pick([
              'equals',
              'greater than or equal',
              'greater than or equal',
              'greater than',
              'less than',
              'less than or equal',
              'not equal',
            ]),
          }),
    ],
    state: [
      filenames,
      { name: 'instance', datatype: 'int', values: ['1', '2'] },
      { name: 'text', values: ['key', 'value', 'key = value', 'num 42', ''] },
      { name: 'subexpression', values: ['key', 'value', 'key = value', '42', 'a', ''] },
    ],
    fields: { text: 'word', filename: 'word', instance: 'number' },
  },
  {
    name: 'ind:variable',
    object: (_, variables) => [textElement('ind:var_ref', variables.of('word'))],
    state: [{ name: 'value', values: ['key', 'value', '1', '2', '42', 'a', ''] }],
    fields: { value: 'word' },
  },
  {
    name: 'ind:xmlfilecontent',
    object: (draft) => [
      ...readableFiles(draft, ['x.xml', 'x.xml', 'bad.xml']),
      textElement(
        'ind:xpath',
        draft.chance.pick([
          '/top/a/text()',
          '/top/@id',
          '//a/@n',
          '//b/text()',
          '/top/c/text()',
          '/none',
          // Numbers and truth values are of a datatype of their own to the referee.
          'string(count(//a))',
          'string(/top/d)',
          '//*[@f]/@f',
          'string(/top/d = 3)',
          '/root[',
          '/top/a',
        ]),
      ),
    ],
    state: [filenames, { name: 'value_of', isForFilters: false, values: ['one', 'two ', '3', 'r', '1', '2', 'bold'] }],
    fields: {},
  },
  {
    name: 'ind:yamlfilecontent',
    object: (draft) => [
      ...readableFiles(draft, ['y.yaml', 'y.yaml', 'bad.yaml']),
      textElement(
        'ind:yamlpath',
        draft.chance.pick([
          '.name',
          '.number',
          '.list[:]',
          '.list[0]',
          '.map',
          '.map.Key',
          '.items[:].name',
          '.items[:]',
          '.none',
          '.hex',
          '.float',
          '.yes',
          '.quoted',
          '.nothing',
          '.items[1].n',
        ]),
      ),
    ],
    state: [filenames, { name: 'value', datatype: 'record', values: [], isForFilters: false, fields: yamlFields }],
    fields: {},
  },
  {
    name: 'ind:environmentvariable58',
    object: (draft, variables) => [
      textElement('ind:pid', '', { datatype: 'int', 'xsi:nil': 'true' }),
      named(draft, variables, 'ind:name', ['PATH', 'HOME', 'NONE'], ['^(PATH|HOME)$', '^HO.E$']),
    ],
    state: [
      { name: 'name', datatype: 'string', values: ['PATH', 'HOME'] },
      { name: 'value', values: ['/root', '42', '', '/usr/bin:/bin'] },
    ],
    fields: { name: 'word' },
  },
  {
    name: 'ind:family',
    object: () => [],
    state: [{ name: 'family', datatype: 'string', values: ['unix', 'windows'] }],
    fields: { family: 'word' },
  },
  {
    name: 'ind:filehash58',
    object: (draft) => [
      ...readableFiles(draft, ['a.conf', 'b.conf', 'c.txt']),
      textElement('ind:hash_type', draft.chance.pick(['MD5', 'SHA-1', 'SHA-256', 'SHA-512'])),
    ],
    state: [
      filenames,
      {
        name: 'hash',
        datatype: 'string',
        values: ['d41d8cd98f00b204e9800998ecf8427e', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
      },
    ],
    fields: { filename: 'word' },
  },
  {
    name: 'unix:file',
    object: (draft, variables) => files(draft, variables, 'unix'),
    state: [
      filenames,
      { name: 'type', datatype: 'string', values: ['regular', 'directory', 'symbolic link'] },
      { name: 'user_id', datatype: 'int', values: ['0', '1000'] },
      { name: 'size', datatype: 'int', values: ['0', '1', '46', '100', '4096'] },
      ...flags.map((name) => ({ name, datatype: 'boolean', values: ['true', 'false'] }) as const),
    ],
    fields: { filepath: 'word', size: 'number', type: 'word' },
  },
  {
    name: 'unix:symlink',
    // It has no operation but equals, and a link that leads nowhere is an error.
    object: (draft) => [
      textElement(
        'unix:filepath',
        `${draft.folder}/${draft.chance.pick(['link.conf', 'd/out', 'absolute', 'a.conf', 'none'])}`,
      ),
    ],
    state: [{ name: 'canonical_path', datatype: 'string', values: ['/etc/passwd', '/etc'] }],
    fields: { canonical_path: 'word' },
  },
  {
    name: 'unix:password',
    object: (draft, variables) => [
      named(draft, variables, 'unix:username', ['root', 'daemon', 'nobody', 'none'], ['^ro', '.*', 'n$']),
    ],
    state: [
      { name: 'username', datatype: 'string', values: ['root', 'daemon'] },
      { name: 'user_id', datatype: 'int', values: ['0', '1', '1000'] },
      { name: 'home_dir', datatype: 'string', values: ['/root', '/'] },
      { name: 'login_shell', datatype: 'string', values: ['/bin/bash', '/usr/sbin/nologin'] },
    ],
    fields: { username: 'word', user_id: 'number', home_dir: 'word' },
  },
  {
    name: 'unix:shadow',
    object: (draft, variables) => [
      named(draft, variables, 'unix:username', ['root', 'daemon', 'nobody', 'none'], ['^ro', '.*', 'n$']),
    ],
    state: [
      { name: 'username', datatype: 'string', values: ['root', 'daemon'] },
      { name: 'chg_allow', datatype: 'int', values: ['0', '1', '7'] },
      { name: 'chg_req', datatype: 'int', values: ['99999', '90'] },
    ],
    fields: { username: 'word' },
  },
  {
    name: 'unix:sysctl',
    object: (draft, variables) => [
      named(
        draft,
        variables,
        'unix:name',
        ['kernel.ostype', 'kernel.osrelease', 'net.ipv4.ip_forward', 'fs.suid_dumpable', 'none'],
        ['^kernel\\.os', '^net\\.ipv4\\.conf\\.(all|lo)\\.(accept|send)'],
      ),
    ],
    state: [
      { name: 'name', datatype: 'string', values: ['kernel.ostype', 'net.ipv4.ip_forward'] },
      { name: 'value', values: ['Linux', '0', '1', '2'] },
    ],
    fields: { name: 'word', value: 'word' },
  },
  {
    name: 'unix:uname',
    object: () => [],
    state: [
      { name: 'machine_class', datatype: 'string', values: ['x86_64', 'aarch64'] },
      { name: 'os_name', datatype: 'string', values: ['Linux', 'linux'] },
    ],
    fields: { os_name: 'word', os_release: 'word' },
  },
  {
    name: 'linux:dpkginfo',
    // The referee takes a pattern for a name.
    object: (draft) => [textElement('linux:name', draft.chance.pick(['bash', 'dpkg', 'libc6', 'none', 'base-files']))],
    state: [
      { name: 'name', datatype: 'string', values: ['bash', 'dpkg'] },
      { name: 'arch', datatype: 'string', values: ['amd64', 'all'] },
      { name: 'evr', datatype: 'debian_evr_string', values: ['0:5.2-1', '0:1-1', '0:99-1', '1:0-1'] },
    ],
    fields: { name: 'word', evr: 'word' },
  },
  ...typed,
  computed,
]
